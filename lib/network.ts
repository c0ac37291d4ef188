/** The network access of this process. No other code knows of proxies and private CAs. */
import http from 'node:http';
import https from 'node:https';
import { Agent as AgentBase, type AgentConnectOpts } from 'agent-base';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { Agent, type Dispatcher, Pool, ProxyAgent, setGlobalDispatcher } from 'undici';
import { readCa, trustedRoots } from './ca-files.ts';
import { type ProxyOf, proxyRules } from './proxies.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** How TLS certificates are verified. */
export interface Trust {
  /** PEM texts; null: the roots of Node.js. */
  readonly ca: readonly string[] | null;
  readonly insecure?: true;
}

/** The private CA of the stack and the public roots. @throws LoadstarError (usage) for a file without a certificate */
function stackTrust(env: Env): Trust {
  const file = env.STACK_CA_FILE;
  return { ca: file ? trustedRoots(env, [readCa(file, 'STACK_CA_FILE')]) : null };
}

/**
 * Makes all requests of this process use the proxies of the environment and trust STACK_CA_FILE. This covers `fetch`,
 * undici, node:http and node:https, which the client of InfluxDB uses. Without these settings nothing changes.
 * @throws LoadstarError (usage) for a file without a certificate
 */
export function useNetwork(env: Env): void {
  const trust = stackTrust(env);
  const proxied = ['HTTP_PROXY', 'HTTPS_PROXY'].some((name) => env[name] || env[name.toLowerCase()]);
  if (!trust.ca && !proxied) return;
  const proxyOf = proxyRules(env);
  setGlobalDispatcher(dispatcherFor(proxyOf, trust));
  const agent = new RoutingAgent(proxyOf, trust);
  http.globalAgent = agent as http.Agent;
  https.globalAgent = agent as unknown as https.Agent;
}

/** Creates a dispatcher for undici that uses a proxy for the addresses that need one. */
export function dispatcherFor(proxyOf: ProxyOf, trust: Trust): Dispatcher {
  const tls = tlsOptions(trust);
  return new Agent({
    connect: tls,
    factory(origin, options) {
      const url = new URL(origin);
      const proxy = proxyOf(url);
      if (!proxy) return new Pool(origin, options as Pool.Options);
      // Most proxies refuse CONNECT for anything but https.
      return new ProxyAgent({
        uri: proxy.href,
        requestTls: tls,
        proxyTls: tls,
        proxyTunnel: url.protocol === 'https:',
      });
    },
  });
}

function tlsOptions({ ca, insecure }: Trust) {
  if (insecure) return { rejectUnauthorized: false };
  return ca ? { ca: [...ca] } : {};
}

/** Routes requests of node:http and node:https through proxies. Keeps connections alive per proxy. */
class RoutingAgent extends AgentBase {
  readonly #proxyOf: ProxyOf;
  readonly #tls: https.AgentOptions;
  readonly #agents = new Map<string, http.Agent>();

  constructor(proxyOf: ProxyOf, trust: Trust) {
    super();
    this.#proxyOf = proxyOf;
    this.#tls = tlsOptions(trust);
  }

  override async connect(_request: http.ClientRequest, options: AgentConnectOpts): Promise<http.Agent> {
    const { secureEndpoint, host, port } = options;
    // HttpsProxyAgent does not pass the options of its constructor to the connection inside its tunnel.
    if (secureEndpoint) Object.assign(options, this.#tls);
    const protocol = secureEndpoint ? 'https:' : 'http:';
    const url = new URL(`${protocol}//${host?.includes(':') ? `[${host}]` : host}:${port}`);
    const proxy = this.#proxyOf(url);
    const key = `${protocol} ${proxy?.href ?? ''}`;
    const agent = this.#agents.get(key) ?? this.#make(protocol, proxy);
    this.#agents.set(key, agent);
    return agent;
  }

  #make(protocol: string, proxy: URL | null): http.Agent {
    const options = { keepAlive: true, ...this.#tls };
    if (protocol === 'https:') return proxy ? new HttpsProxyAgent(proxy, options) : new https.Agent(options);
    return proxy ? new HttpProxyAgent(proxy, options) : new http.Agent({ keepAlive: true });
  }
}
