# Installs Loadstar as package.json has it, of the project or of the directories around it; without it, in the version that
# is asked for. Then LOADSTAR is the program. This is the same script in all CI files.
project=$PWD
root=$project
until [ -e "$root/package-lock.json" ] || [ -e "$root/pnpm-lock.yaml" ] || [ -e "$root/yarn.lock" ]; do
  if [ "$root" = "$TOP" ] || [ "$root" = / ]; then root=$project; break; fi
  root=$(dirname "$root")
done
if [ -n "$GIT_TOKEN" ]; then
  # Only for this script: no file and no later step has the token.
  export GIT_CONFIG_COUNT=2 GIT_CONFIG_VALUE_0=https://github.com/ GIT_CONFIG_VALUE_1=ssh://git@github.com/
  export GIT_CONFIG_KEY_0="url.https://x-access-token:$GIT_TOKEN@github.com/.insteadOf"
  export GIT_CONFIG_KEY_1="$GIT_CONFIG_KEY_0"
fi
if grep -qsF "\"$PACKAGE\"" package.json "$root/package.json"; then
  cd "$root"
  if [ -e pnpm-lock.yaml ]; then corepack enable; pnpm install --frozen-lockfile
  elif [ -e yarn.lock ]; then corepack enable; yarn install --immutable
  elif [ -e package-lock.json ]; then npm ci --no-audit --no-fund
  else npm install --no-audit --no-fund --no-save
  fi
elif [ -n "$VERSION" ]; then
  # Without --prefix npm would install into a parent directory that has a package.json; a directory is installed as a copy.
  npm install --no-audit --no-fund --no-save --install-links --prefix "$project" "$PACKAGE@$VERSION"
else
  echo "error: expected $PACKAGE in package.json, or a version; found neither in $project" >&2
  echo "  next:  npm install --save-dev --save-exact $PACKAGE, or set the version" >&2
  exit 2
fi
unset GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_KEY_1
cd "$project"
# npx looks no higher than the nearest package.json. In the repository of Loadstar itself, the program is a file of it.
root=$project
until [ -x "$root/node_modules/.bin/loadstar" ] || [ "$root" = / ]; do root=$(dirname "$root"); done
LOADSTAR=$root/node_modules/.bin/loadstar
if [ "$root" = / ]; then LOADSTAR=$TOP/cli/loadstar.js; fi
if [ -n "${GITHUB_ENV:-}" ]; then echo "LOADSTAR=$LOADSTAR" >> "$GITHUB_ENV"; fi
