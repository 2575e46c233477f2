/** The one Trusted Types policy: it lets scripts of this origin through, and nothing else. */

interface Policy {
  createScriptURL(url: string): string;
}

interface PolicyFactory {
  createPolicy(name: string, rules: Policy): Policy;
}

declare global {
  interface Window {
    readonly trustedTypes?: PolicyFactory;
  }
}

const rules: Policy = {
  createScriptURL(url) {
    if (new URL(url, location.href).origin !== location.origin) throw new TypeError('not a script of this server');
    return url;
  },
};

const policy = window.trustedTypes?.createPolicy('undertone', rules) ?? rules;

/** The address of a script of this origin, as `Worker` accepts it. */
export function scriptUrl(url: string): string {
  return policy.createScriptURL(url);
}
