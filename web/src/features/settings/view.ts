// The view of the settings: the list of their pages, and the page that is open.

export { default as Pane } from './Menu.svelte';
export { default as Main } from './Pages.svelte';
