import {
  CORE_SCHEMA,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  intCoreTag,
  load,
  mapTag,
  mergeTag,
  seqTag,
  YAMLException,
} from 'js-yaml';
import { isSafeNumber, LosslessNumber } from 'lossless-json';
import { MOST_LEVELS } from '../../../lib/bounded.ts';

/** A description of 32 MiB has about a million fields. */
const MOST_MERGED_FIELDS = 1_000_000;

/** Integers that JavaScript would round keep their digits. */
const exactInteger = defineScalarTag<unknown>(intCoreTag.tagName, {
  ...intCoreTag,
  resolve: (source, ...more) =>
    /^-?[1-9]\d*$/.test(source) && !isSafeNumber(source)
      ? new LosslessNumber(source)
      : intCoreTag.resolve(source, ...more),
});
/** Tags of other schemas, such as `!Sub` of AWS or `!!timestamp`, say nothing about requests. */
const foreignTags = ['!', 'tag:'].flatMap((prefix) => {
  const foreign = { matchByTagPrefix: true, identify: () => false };
  return [
    defineScalarTag(prefix, { ...foreign, resolve: (source) => source }),
    defineSequenceTag(prefix, { ...seqTag, ...foreign }),
    defineMappingTag(prefix, { ...mapTag, ...foreign }),
  ];
});
const SCHEMA = CORE_SCHEMA.withTags(mergeTag, exactInteger, foreignTags);

/** Brackets that close JSON inside of YAML, alone on their line. Other parsers allow them at the margin. */
const CLOSING = /^ {0,99}(?=[}\]]+,?[ \t]*\r?$)/gm;
const DEEP = ' '.repeat(100);

function loadYaml(text: string): unknown {
  // As in JSON, the last of equal keys counts.
  return load(text, { schema: SCHEMA, json: true, maxDepth: MOST_LEVELS, maxTotalMergeKeys: MOST_MERGED_FIELDS });
}

/**
 * Parses YAML within limits of depth and merged fields. Its time grows with the length of the text only.
 * @throws Error with the line
 */
export function parseYaml(text: string): unknown {
  try {
    return loadYaml(text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    if (error.reason === 'deficient indentation' && CLOSING.test(text)) {
      return parseYaml(text.replace(CLOSING, (line) => DEEP + line));
    }
    const line = error.mark ? ` at line ${error.mark.line + 1}` : '';
    throw new Error(`${error.reason}${line}`);
  }
}
