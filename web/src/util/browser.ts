/** What people call the browser and the machine, for the list of their devices: `Firefox, Linux`. */
export function browserName(agent: string): string {
  const find = (names: [RegExp, string][]): string | undefined => names.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = find([[/\bEdg/, 'Edge'], [/\bOPR\//, 'Opera'], [/\bSamsungBrowser\//, 'Samsung Internet'], [/\bFirefox\/|\bFxiOS\//, 'Firefox'], [/\bChrom(e|ium)\/|\bCriOS\//, 'Chrome'], [/\bSafari\//, 'Safari']]);
  const system = find([[/\biPhone\b/, 'iPhone'], [/\biPad\b/, 'iPad'], [/\bAndroid\b/, 'Android'], [/\bWindows\b/, 'Windows'], [/\bMac OS X\b/, 'Mac'], [/\bCrOS\b/, 'ChromeOS'], [/\bLinux\b/, 'Linux'], [/\bFreeBSD\b/, 'FreeBSD']]);
  return [browser, system].filter(Boolean).join(', ') || 'Web';
}

/** Whether the browser clears what pages keep that were not opened for a week, unless they stand on the home screen: all on iPhones and iPads, which call themselves Macs. */
export function clearsWeekly({ userAgent, maxTouchPoints }: Pick<Navigator, 'userAgent' | 'maxTouchPoints'>): boolean {
  return /\biP(hone|ad|od)\b/.test(userAgent) || (/\bMac OS X\b/.test(userAgent) && maxTouchPoints > 1);
}
