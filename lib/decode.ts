const UTF16_LE_MARK = [0xff, 0xfe];
const UTF16_BE_MARK = [0xfe, 0xff];

/**
 * Decodes a text as other programs write it: UTF-8, or UTF-16, which Windows tools write. A byte order mark is no part
 * of the text.
 */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(findEncoding(bytes)).decode(bytes);
}

/** Without a mark, a zero byte beside the first character shows UTF-16: the formats that we read begin with ASCII. */
function findEncoding(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const has = (mark: readonly number[]) => first === mark[0] && second === mark[1];
  if (has(UTF16_LE_MARK) || (first !== 0 && second === 0)) return 'utf-16le';
  return has(UTF16_BE_MARK) || (first === 0 && second !== 0) ? 'utf-16be' : 'utf-8';
}

/** A part of a URL as text; what is not encoded in a valid way stays as it is. */
export function decodeUrlPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
