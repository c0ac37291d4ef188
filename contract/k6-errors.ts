/** Codes of requests without an answer, as k6 v1.8.1 has them (lib/netext/httpext/error_codes.go). */

/** What went wrong, for what to do next. */
export type NetworkFault = 'refused' | 'no host' | 'timeout' | 'tls' | 'other';

interface ErrorCode {
  /** In k6's own words where it has one text for the code; null: each error has a text of its own, in k6's log. */
  readonly text: string | null;
  readonly fault: NetworkFault;
}

const ERROR_CODES: Readonly<Record<number, ErrorCode>> = {
  1020: { text: 'invalid URL', fault: 'other' },
  1050: { text: 'request timeout', fault: 'timeout' },
  1100: { text: null, fault: 'no host' },
  1101: { text: 'no such host', fault: 'no host' },
  1110: { text: 'ip is blacklisted', fault: 'other' },
  1111: { text: 'hostname is blocked', fault: 'other' },
  1201: { text: 'broken pipe', fault: 'other' },
  1211: { text: 'dial: i/o timeout', fault: 'timeout' },
  1212: { text: 'connection refused', fault: 'refused' },
  1220: { text: 'connection reset by peer', fault: 'other' },
  1301: { text: 'the answer is not TLS', fault: 'tls' },
  1310: { text: 'x509: certificate signed by unknown authority', fault: 'tls' },
  1311: { text: "x509: certificate does not match the host's name", fault: 'tls' },
  1701: { text: 'the answer cannot be decompressed', fault: 'other' },
};

const UNNAMED: ErrorCode = { text: null, fault: 'other' };
/** k6 has no code for a certificate that has expired, nor for an alert of the other side. */
const TLS_TEXT = /\b(x509|tls|certificate)\b/i;

/** k6's text for a code; null where each error has one of its own. */
export function errorTextOf(code: number): string | null {
  return (ERROR_CODES[code] ?? UNNAMED).text;
}

/** @param text that was shown for it */
export function networkFault(code: number, text: string): NetworkFault {
  const { fault } = ERROR_CODES[code] ?? UNNAMED;
  return fault === 'other' && TLS_TEXT.test(text) ? 'tls' : fault;
}

/** Whether k6's log says a text that a code stands for already. */
export function isNamedError(text: string): boolean {
  return /no such host|i\/o timeout|refused|reset by peer|broken pipe|request timeout|unknown authority|first record does not|certificate is (not )?valid for|is blacklisted|is blocked/i.test(
    text,
  );
}

/** https://grpc.io/docs/guides/status-codes/, by their number. No status of HTTP is as small. */
const GRPC_STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export type GrpcStatus = (typeof GRPC_STATUS)[number];

/** undefined for a status of HTTP. */
export function grpcStatus(status: number): GrpcStatus | undefined {
  return GRPC_STATUS[status];
}
