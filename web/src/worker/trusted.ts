// The one place where an address becomes script (Trusted Types): workers of our own origin.

interface Policy {
  createScriptURL(url: string): string;
}

const factory = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;

const policy: Policy = (factory?.createPolicy ?? ((_: string, rules: Policy) => rules)).call(factory, 'skein', {
  createScriptURL: (url) => {
    if (new URL(url, location.href).origin !== location.origin) throw new TypeError('script of another origin');
    return url;
  },
});

export function ownScript(url: string): string {
  return policy.createScriptURL(url);
}
