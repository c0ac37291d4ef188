// GENERATED from the sources by `make generate`: do not edit.
import { RefinedResponse } from 'k6/http';

/**
 * What an SLO may be about. To add an indicator, add its key: unit, direction, k6 metric and statistic are those of the
 * metric, and all else follows from them.
 */
declare const INDICATORS: {
    readonly avg_ms: {
        readonly alert: {
            readonly title: "average too high";
            readonly severity: "warning";
            readonly runbook: "p95-too-high";
        };
    };
    readonly p50_ms: {
        readonly alert: {
            readonly title: "p50 too high";
            readonly severity: "warning";
            readonly runbook: "p95-too-high";
        };
    };
    readonly p90_ms: {
        readonly alert: {
            readonly title: "p90 too high";
            readonly severity: "warning";
            readonly runbook: "p95-too-high";
        };
    };
    readonly p95_ms: {
        readonly alert: {
            readonly title: "p95 too high";
            readonly severity: "critical";
            readonly runbook: "p95-too-high";
        };
    };
    readonly p99_ms: {
        readonly alert: {
            readonly title: "p99 too high";
            readonly severity: "warning";
            readonly runbook: "p95-too-high";
        };
    };
    readonly error_rate: {
        readonly alert: {
            readonly title: "error rate too high";
            readonly severity: "critical";
            readonly runbook: "error-rate-too-high";
        };
    };
    readonly checks_rate: {
        readonly alert: {
            readonly title: "checks fail";
            readonly severity: "warning";
            readonly runbook: "checks-fail";
        };
    };
    readonly exception_rate: {
        readonly alert: null;
        readonly reason: "a broken script says nothing of the target; the run fails for it at its end";
    };
    readonly throughput_rps: {
        readonly alert: null;
        readonly reason: "a ramp-up or ramp-down has less throughput by plan, so its last minute says nothing of the target; the whole run does";
    };
    /** k6 judges it: see {@link Slo.threshold}. */
    readonly threshold: {
        readonly alert: {
            readonly title: "threshold fails";
            readonly severity: "critical";
            readonly runbook: "a-threshold-of-a-script-fails";
        };
    };
};
type SloIndicator = keyof typeof INDICATORS;
/** A threshold as a k6 script states it. */
interface ScriptThreshold {
    /** With its selector: `http_req_duration{kind:list}`. */
    readonly metric: string;
    /** `p(95)<300` */
    readonly expression: string;
}
/** A service level objective. */
interface Slo {
    /** What is limited: avg_ms, p50_ms, p90_ms, p95_ms, p99_ms, error_rate, checks_rate, exception_rate or throughput_rps. */
    readonly indicator: SloIndicator;
    /** In the unit that ends the indicator's name; rates are fractions (0.01 is 1 %). */
    readonly limit: number;
    /** Only this request, by its `name` tag; without it, the whole scenario. */
    readonly request?: string;
    /** The trend that a percentile or mean is of, if it is another than http_req_duration. */
    readonly metric?: string;
    /** Judged in this part of the run alone: a stage by its name (contract/stages.ts), or `steady`. */
    readonly during?: string | undefined;
    /** Judged in every window of this length (`30s`, `2m`): the worst one counts. */
    readonly over?: string | undefined;
    /** Ends the run when the value is beyond this limit, at the earliest so many seconds after the start: more load would show nothing new. */
    readonly aborts?: {
        readonly limit: number;
        readonly after_s: number;
    };
    /** Ends the run as soon as the SLO fails, at the earliest {@link ABORT_AFTER_S} after the start. */
    readonly abort?: boolean | undefined;
    /** A short run may make no such request: then nothing is judged. */
    readonly rare?: true;
    /** false: judged by k6 and at the end of a run, without an alert rule. One for each request of each scenario would report one cause many times. */
    readonly alerts?: false;
    /** The bound itself fails: `<` and `>` instead of `<=` and `>=`. */
    readonly strict?: true;
    /** It comes from a k6 script: k6's own judgement of it counts. */
    readonly threshold?: ScriptThreshold;
    /** Why this limit and not another: for the person who is paged. */
    readonly reason: string;
}

/** A file as a form sends it. */
interface Upload {
    /** Its bytes, as `open(path, 'b')` returns them. */
    readonly data: ArrayBuffer;
    /** Name that the form gives it. */
    readonly filename: string;
    /** Media type, such as `application/pdf`. */
    readonly type: string;
}
/** A field of a multipart form, or a file. */
type Part = string | number | boolean | Upload;
/** Names and fields of a multipart form. A list sends its name once for each item. */
type Parts = Readonly<Record<string, Part | readonly Part[]>>;

/** Any method that HTTP has, in capitals. */
type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | (string & {});
/** A response of k6, with its body as text. https://grafana.com/docs/k6/latest/javascript-api/k6-http/response/ */
type ApiResponse = RefinedResponse<'text'>;
type PairValue = string | number | boolean;
/** Keys and values of a query or a form. A list sends its key once for each item. */
type Pairs = Readonly<Record<string, PairValue | readonly PairValue[]>>;
/** A request. At most one of `body`, `form`, `multipart`, `file`, `text` and `bytes` is its body. */
interface Call {
    /** Method, in capitals. */
    readonly method: Method;
    /** Route pattern, as `/api/appointments/:id`. With the method it is the request's name, so that no id becomes a series. */
    readonly route: string;
    /** Values for the `:parameters` of the route. */
    readonly params?: Readonly<Record<string, string>>;
    /** Added to the address. A list sends its key several times. */
    readonly query?: Pairs;
    /** Sent as JSON. */
    readonly body?: unknown;
    /** Sent as a form (application/x-www-form-urlencoded). */
    readonly form?: Pairs;
    /** Sent as a multipart form: fields and files with any names, in this order. A list sends its name several times. */
    readonly multipart?: Parts;
    /** Sent as the only field, `file`, of a multipart form. */
    readonly file?: Upload;
    /** Sent as it is, as text/plain unless the header Content-Type names another type. */
    readonly text?: string;
    /** Sent as they are, as application/octet-stream unless the header Content-Type names another type. */
    readonly bytes?: ArrayBuffer;
    /** Headers of this request. They go to the target's own host alone. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Bearer token of the header Authorization. It goes to the target's own host alone. */
    readonly token?: string;
    /** Statuses besides 200–399 that are a business outcome: not counted by `http_req_failed`. */
    readonly also_expected?: readonly number[];
    /** Seconds until the request fails without an answer. Default: 60, as k6's. */
    readonly timeout_s?: number;
    /** Tags of the samples of this request, for thresholds and queries. Use few values: each combination is a series. */
    readonly tags?: Readonly<Record<string, string>>;
}
type Headers = Record<string, string>;
interface ClientOptions {
    readonly base_url: string;
    readonly allow_hosts: readonly string[];
    /** Extra headers, for the target's own host alone: they may be credentials. */
    readonly headers: Readonly<Record<string, string>>;
    /** May wait. */
    readonly beforeRequest?: () => void;
}
/** The one HTTP client of all scenarios: names every request, and never leaves the allowed hosts. */
declare class Client {
    #private;
    constructor(options: ClientOptions);
    /** Whether a request has failed, as `http_req_failed` counts it, since this was last asked. */
    takeFailure(): boolean;
    /** Makes a request, and follows its redirects within the allowed hosts. @returns the last answer */
    request(call: Call): ApiResponse;
    /** Makes a request whose answer is no text. @returns the last answer, with its body as an ArrayBuffer */
    download(call: Call): RefinedResponse<'binary'>;
    /** Makes requests in parallel, as a browser asks for the parts of a page. @returns the answers in the order of the calls */
    batch<const Calls extends readonly Call[]>(calls: Calls): {
        [Index in keyof Calls]: ApiResponse;
    };
    /** Prepares a WebSocket that begins as a request of this client would. @returns address, headers and tags for k6 */
    socket(call: Pick<Call, 'route' | 'query' | 'token'>): {
        url: string;
        headers: Headers;
        tags: {
            name: string;
        };
    };
}
/** The JSON of a response; undefined where it is none, so that a check fails instead of the iteration. */
declare function json<T>(response: ApiResponse): T | undefined;

/**
 * The text at a place in parsed JSON, such as a token to carry on with.
 * @returns '' where there is none, so that what depends on it fails by its own check
 */
declare function textAt(value: unknown, path: readonly (string | number)[]): string;
/** The end of the path in the header Location, such as the id of what was created; '' where there is none. */
declare function lastOfLocation(response: ApiResponse): string;
/**
 * The text between two others, such as a token in a script.
 * @param skip how many of the first of them come before it @returns '' if there is none
 */
declare function textBetween(text: string | null | undefined, before: string, after: string, skip?: number): string;
/**
 * An attribute of the first tag that has another one, such as `value` of `<input name="csrf">` or `content` of a meta tag.
 * @returns '' if there is none
 */
declare function attributeOf(response: ApiResponse, [by, value]: readonly [string, string], name: string): string;
/** The cookie that this VU has for the address of a response, decoded; '' if there is none. */
declare function cookieOf(response: ApiResponse, name: string): string;
/** Whether a response is of one of the media types, whatever their parameters. @param types as `application/json` */
declare function hasType(response: ApiResponse, types: readonly string[]): boolean;

/** Picks an item by chance. @returns undefined if there are none */
declare function pick<T>(items: readonly T[]): T | undefined;
/** A text that no other call returns: `tea-3k9x0q2m1z`, for names that an app takes once. */
declare function uniqueText(prefix: string): string;
/** Picks different items by chance, in any order; all of them if there are fewer. */
declare function pickSome<T>(items: readonly T[], count: number): T[];
/** Picks a whole number by chance. Both ends are included. */
declare function wholeBetween(least: number, most: number): number;
/** Picks an item by chance, as often as its weight says. @param weighted pairs of item and weight; weights need not add up to anything */
declare function pickWeighted<T>(weighted: readonly (readonly [T, number])[]): T;

/** A scenario's entry in the catalogue: what its file says of it, without its code. */
interface Scenario {
    /** Short name, for people. */
    readonly title: string;
    /** What its users do, in one sentence. */
    readonly journey: string;
    /** Values of the `name` tag that its requests carry: `METHOD route pattern`. */
    readonly requests: readonly string[];
    /** What it is judged by, beside the default SLOs on errors and exceptions. */
    readonly slos: readonly Slo[];
    /** Environment variables that it reads from `__ENV`: no run starts without them. */
    readonly secrets?: readonly string[];
    /** How often a mix runs it, compared with the mix's other scenarios. Without a weight it is in no mix. */
    readonly weight?: number;
    /** Factor on the users of a profile. */
    readonly users_factor?: number;
    /** It runs in a browser, which not every machine has. */
    readonly needs_browser?: true;
    /** A k6 script that is run as it stands: its own options make the load, and its samples have k6's scenario names. */
    readonly is_script?: true;
}

/** A row of `users` in loadstar.config.ts: whatever columns the team gave it. */
type User = Readonly<Record<string, string>>;
/** What a scenario's functions receive. */
interface ScenarioContext {
    /** The HTTP client. */
    readonly client: Client;
    /** Address of the target without a trailing slash, for libraries that do not take the client. */
    readonly base_url: string;
    /** The account of this virtual user; virtual users share accounts if there are more of them. @throws if `users` of the configuration names none */
    user(): User;
}
/** A scenario: one file with its entry in the catalogue and its journey. `Data` is what `setup` returns. */
interface ScenarioDefinition<Data = unknown> extends Scenario {
    /** Runs once, before the load. All generators get its result as the `data` of the other functions: as JSON, so no functions. */
    readonly setup?: (context: ScenarioContext) => Data | Promise<Data>;
    /** The journey of one virtual user. k6 repeats it. */
    readonly run: (context: ScenarioContext, data: Data) => void | Promise<void>;
    /** Runs once, after the load: for cleaning up. */
    readonly teardown?: (context: ScenarioContext, data: Data) => void;
}
/** Types a scenario; it changes nothing. The default export of a file in a scenarios directory. */
declare function defineScenario<Data = unknown>(scenario: ScenarioDefinition<Data>): ScenarioDefinition<Data>;

/** What the `setup` of each scenario has returned, in their order. */
type MixData = readonly unknown[];
type Mix = Pick<ScenarioDefinition<MixData>, 'requests' | 'run' | 'setup' | 'teardown'>;
/**
 * A mix of scenarios: each iteration runs one of them, as often as its `weight` says. The choice follows a fixed sequence
 * instead of chance, so that short runs have their share of each. Each is a group with its title. Spread the result into a
 * scenario: `...mixOf([browse, buy])`.
 * @throws Error for a scenario that has no weight, or that needs a browser
 */
declare function mixOf(scenarios: readonly ScenarioDefinition[]): Mix;

/** A pause as people make it: evenly spread around the middle, so that users do not walk in step. @param middle_s seconds */
declare function think(middle_s: number): void;

export { Client, attributeOf, cookieOf, defineScenario, hasType, json, lastOfLocation, mixOf, pick, pickSome, pickWeighted, textAt, textBetween, think, uniqueText, wholeBetween };
export type { ApiResponse, Call, Method, Pairs, Part, Parts, ScenarioContext, ScenarioDefinition, Slo, Upload, User };
