// How much of the page is seen while a keyboard stands before it, where the browser does not make the page smaller by
// itself (Safari): the composer stays above the keyboard. Zooming by fingers is no keyboard.

export function followKeyboard(view: VisualViewport | null = window.visualViewport, root: HTMLElement = document.documentElement): void {
  const look = (): void => {
    if (!view) return;
    const isCovered = view.scale < 1.01 && innerHeight - view.height > 80;
    if (isCovered) root.style.setProperty('--seen', `${Math.round(view.height)}px`);
    else root.style.removeProperty('--seen');
    // Safari has moved the page up to show the field.
    if (isCovered && view.offsetTop > 0) scrollTo(0, 0);
  };
  view?.addEventListener('resize', look);
}
