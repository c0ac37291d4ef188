import pRetry, { AbortError } from 'p-retry';
import { request } from 'undici';
import { readUpTo } from '../../../lib/bounded.ts';
import { messageOf, unusableError } from '../../../lib/errors.ts';

/** A pull request, and the token to access it. */
export interface PullRequest {
  readonly api_url: string;
  /** `owner/name` */
  readonly repository: string;
  readonly number: number;
  /** Secret. */
  readonly token: string;
}

interface Comment {
  readonly id: number;
  readonly body?: string;
  readonly user?: { readonly type?: string };
  readonly author_association?: string;
}

/** People who may write to the repository anyway. https://docs.github.com/graphql/reference/enums#commentauthorassociation */
const TRUSTED = ['OWNER', 'MEMBER', 'COLLABORATOR'];

/** Anybody may comment on a public pull request, and edit that comment later. Only comments of trusted people are updated. */
function mayBeOurs({ user, author_association }: Comment): boolean {
  return user?.type !== 'User' || author_association === undefined || TRUSTED.includes(author_association);
}

const PAGE = 100;
/** A pull request with more than 3,000 comments gets a new one. */
const MOST_PAGES = 30;
const RETRIES = 3;
const TIMEOUT_MS = 10_000;
const FIRST_WAIT_MS = 500;
const TOO_MANY = 429;
const SERVER_FAULT = 500;
/** A page of 100 comments of 65,536 characters, as JSON writes them. */
const MOST_ANSWER = 64 * 2 ** 20;

/**
 * Updates the comment that begins with `mark`, or creates it. After a failure all of it is tried again, so that a comment
 * whose response got lost is found and not duplicated.
 * @throws LoadstarError (unusable) with what GitHub answered
 */
export async function upsertComment(
  pull_request: PullRequest,
  mark: string,
  body: string,
  first_wait_ms = FIRST_WAIT_MS,
): Promise<'created' | 'updated'> {
  try {
    return await pRetry(() => upsertOnce(pull_request, mark, body), { retries: RETRIES, minTimeout: first_wait_ms });
  } catch (error) {
    throw unusableError(
      `GitHub to accept the comment on #${pull_request.number} of ${pull_request.repository}`,
      messageOf(error),
      'give the job `permissions: pull-requests: write`; a fork has no such token',
      error,
    );
  }
}

async function upsertOnce(pull_request: PullRequest, mark: string, body: string): Promise<'created' | 'updated'> {
  const comments = `/issues/${pull_request.number}/comments`;
  const ours = await findComment(pull_request, comments, mark);
  if (ours === null) {
    await call(pull_request, 'POST', comments, { body });
    return 'created';
  }
  await call(pull_request, 'PATCH', `/issues/comments/${ours.id}`, { body });
  return 'updated';
}

/** A comment that quotes ours does not begin with the mark. */
async function findComment(pull_request: PullRequest, path: string, mark: string): Promise<Comment | null> {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const comments = (await call(pull_request, 'GET', `${path}?per_page=${PAGE}&page=${page}`)) as Comment[];
    const ours = comments.find((comment) => comment.body?.startsWith(mark) && mayBeOurs(comment));
    if (ours) return ours;
    if (comments.length < PAGE) return null;
  }
  return null;
}

async function call(
  { api_url, repository, token }: PullRequest,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: object,
): Promise<unknown> {
  const answer = await request(`${api_url.replace(/\/+$/, '')}/repos/${repository}${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'user-agent': 'loadstar',
      'x-github-api-version': '2022-11-28',
    },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await readUpTo(answer.body, MOST_ANSWER);
  if (answer.statusCode < 300) return JSON.parse(text) as unknown;
  const message = `${answer.statusCode} ${/"message"\s*:\s*"(?<text>[^"]*)"/.exec(text)?.groups?.text ?? ''}`.trim();
  const is_temporary = answer.statusCode >= SERVER_FAULT || answer.statusCode === TOO_MANY;
  throw is_temporary ? new Error(message) : new AbortError(message);
}
