import { render } from 'preact'
import { App } from './app.tsx'
import './styles/index.css'

const root = document.getElementById('console')
if (root) {
  root.replaceChildren()
  render(<App />, root)
}
