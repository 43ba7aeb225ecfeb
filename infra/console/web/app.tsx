// Which page an address shows.
import { LocationProvider, Route, Router } from 'preact-iso'
import { Layout } from './layout.tsx'
import { GroupPage } from './pages/group.tsx'
import { Groups } from './pages/groups.tsx'
import { Overview } from './pages/overview.tsx'
import { Parts } from './pages/parts.tsx'
import { Empty, Page } from './ui/page.tsx'

export function App() {
  return (
    <LocationProvider>
      <Layout>
        <Router>
          <Route path="/" component={Overview} />
          <Route path="/groups" component={Groups} />
          <Route path="/groups/:name" component={GroupPage} />
          <Route path="/parts" component={Parts} />
          <Route default component={Nowhere} />
        </Router>
      </Layout>
    </LocationProvider>
  )
}

function Nowhere() {
  return (
    <Page title="No such page">
      <Empty title="This address leads nowhere.">
        <a href="/">Overview</a>
      </Empty>
    </Page>
  )
}
