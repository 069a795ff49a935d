// Which way one reads. Keys, fingers and places are told from the left, what they mean depends on it.

/** Whether an element is read from the right. */
export function isFromRight(element: Element | null | undefined): boolean {
  return !!element && getComputedStyle(element).direction === 'rtl';
}

/** What a step to the right is where an element is: on, or back. */
export function rightward(element: Element | null | undefined): 1 | -1 {
  return isFromRight(element) ? -1 : 1;
}
