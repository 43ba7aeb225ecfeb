// Which page an address shows.
import { LocationProvider, Route, Router } from 'preact-iso'
import { Layout } from './layout.tsx'
import { Audit } from './pages/audit.tsx'
import { EventById, EventPage } from './pages/event.tsx'
import { Events } from './pages/events.tsx'
import { GroupPage } from './pages/group.tsx'
import { Groups } from './pages/groups.tsx'
import { LetterPage } from './pages/letter.tsx'
import { Letters } from './pages/letters.tsx'
import { Overview } from './pages/overview.tsx'
import { PartPage } from './pages/part.tsx'
import { Parts } from './pages/parts.tsx'
import { Replay } from './pages/replay.tsx'
import { ReplayNew } from './pages/replay-new.tsx'
import { Replays } from './pages/replays.tsx'
import { Send } from './pages/send.tsx'
import { StudentPage } from './pages/student.tsx'
import { Students } from './pages/students.tsx'
import { TracePage } from './pages/trace.tsx'
import { Traces } from './pages/traces.tsx'
import { Empty, Page } from './ui/page.tsx'

export function App() {
  return (
    <LocationProvider>
      <Layout>
        <Router>
          <Route path="/" component={Overview} />
          <Route path="/events" component={Events} />
          <Route path="/events/id/:id" component={EventById} />
          <Route path="/events/:topic/:partition/:offset" component={EventPage} />
          <Route path="/traces" component={Traces} />
          <Route path="/traces/:id" component={TracePage} />
          <Route path="/groups" component={Groups} />
          <Route path="/groups/:name" component={GroupPage} />
          <Route path="/letters" component={Letters} />
          <Route path="/letters/replay" component={ReplayNew} />
          <Route path="/letters/jobs" component={Replays} />
          <Route path="/letters/jobs/:id" component={Replay} />
          <Route path="/letters/:id" component={LetterPage} />
          <Route path="/students" component={Students} />
          <Route path="/students/:id" component={StudentPage} />
          <Route path="/send" component={Send} />
          <Route path="/audit" component={Audit} />
          <Route path="/parts" component={Parts} />
          <Route path="/parts/:name" component={PartPage} />
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
