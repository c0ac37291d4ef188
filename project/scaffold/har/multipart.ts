import { toLiteral, type Value } from '../draft.ts';
import type { Values } from '../values.ts';

const BOUNDARY_OF = /boundary="?([^";]+)"?/i;
const TEXT_FILE = /^text\/|json|xml|csv|yaml|javascript/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a text does not have.
const NO_TEXT = /[\u0000-\u0008\u000e-\u001f\ufffd]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is the same in every encoding.
const ASCII = /^[\u0000-\u007f]*$/;

/**
 * A multipart form as the recording holds it: fields with fresh values and secrets, and files that are texts.
 * @returns why it cannot be sent again, which completes `whose body …`
 */
export function convertMultipart(text: string, type: string, values: Values): Value | string {
  const boundary = BOUNDARY_OF.exec(type)?.[1];
  if (boundary === undefined || !text.includes(`--${boundary}`)) return 'is an upload that was not recorded';
  const sections = text
    .split(new RegExp(`(?:^|\\r?\\n)--${boundary.replace(/[^\w]/g, '\\$&')}(?:--)?(?:\\r?\\n|$)`))
    .slice(1, -1);
  const parts: Value[] = [];
  for (const section of sections) {
    const [, head = '', content = ''] = /^([\s\S]*?)\r?\n\r?\n([\s\S]*)$/.exec(section) ?? [];
    const name = /\bname="([^"]*)"/i.exec(head)?.[1] ?? '';
    const is_file = /\bfilename\*?=/i.test(head);
    const file_type = /^content-type:\s*(.*)$/im.exec(head)?.[1] ?? '';
    const has_filename = is_file && !/\bfilename=""/i.test(head);
    if (has_filename && content === '') return 'is an upload whose file was not recorded';
    if (NO_TEXT.test(content)) return 'is an upload of a binary file, which a recording does not hold exactly';
    if (has_filename && !ASCII.test(content) && !TEXT_FILE.test(file_type)) {
      return 'is an upload of a binary file, which a recording does not hold exactly';
    }
    const value = is_file ? values.toText(content) : values.toValue(name, content);
    if (value === null) return 'is an upload that may hold a secret';
    parts.push(toLiteral(`--${boundary}\r\n${head.replace(/\r?\n/g, '\r\n')}\r\n\r\n`), value, toLiteral('\r\n'));
  }
  if (parts.length === 0) return 'is an upload that was not recorded';
  return { kind: 'joined', parts: joinLiterals([...parts, toLiteral(`--${boundary}--\r\n`)]) };
}

const BOUNDARY = 'loadstar-part';

interface Part {
  readonly name: string;
  readonly value?: string | null | undefined;
  readonly fileName?: string | undefined;
  readonly contentType?: string | undefined;
}

/**
 * The text of a multipart form whose parts alone were recorded.
 * @param type content type; without a boundary, one is added
 */
export function writeMultipart(parts: readonly Part[], type: string): { text: string; content_type: string } {
  const own = BOUNDARY_OF.exec(type)?.[1];
  const boundary = own ?? BOUNDARY;
  const sections = parts.map(({ name, value, fileName, contentType }) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`;
    const head = `Content-Disposition: form-data; name="${name}"${file}`;
    const type_line = contentType ? `\r\nContent-Type: ${contentType}` : '';
    return `--${boundary}\r\n${head}${type_line}\r\n\r\n${decodeDataUrl(value ?? '')}\r\n`;
  });
  const text = `${sections.join('')}--${boundary}--\r\n`;
  return { text, content_type: own === undefined ? `multipart/form-data; boundary=${boundary}` : type };
}

/** Some programs write a file as `data:text/csv;base64,…`. */
function decodeDataUrl(value: string): string {
  const [, data] = /^data:[^,]*;base64,([\w+/=]*)$/.exec(value) ?? [];
  return data === undefined ? value : Buffer.from(data, 'base64').toString('utf8');
}

/** Texts that follow each other are one. */
function joinLiterals(parts: readonly Value[]): Value[] {
  const joined: Value[] = [];
  for (const part of parts.flatMap((it) => (it.kind === 'joined' ? it.parts : [it]))) {
    const last = joined.at(-1);
    if (part.kind !== 'literal' || last?.kind !== 'literal') joined.push(part);
    else joined[joined.length - 1] = toLiteral(`${last.value}${part.value}`);
  }
  return joined;
}
