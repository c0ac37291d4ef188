import { PACKAGE } from '../../../contract/package-name.ts';

/** The last line of an answer, if the shell is to add files. */
export const FILES = ':files';

/**
 * Scripts for shells. Each defines `loadstar` as the program that is installed in the project of the directory, or of the
 * clone of Loadstar, so that no shell ever runs a program of that name from elsewhere.
 */
const NOT_INSTALLED = `error: expected ${PACKAGE} in node_modules of this directory or of one above it; install it there`;

const POSIX = `loadstar() {
  local directory=$PWD program
  while :; do
    program=$directory/node_modules/.bin/loadstar
    [ -x "$program" ] && break
    program=$directory/cli/loadstar.js
    [ -x "$program" ] && grep -qsF '"name": "${PACKAGE}"' "$directory/package.json" && break
    if [ -z "$directory" ]; then echo '${NOT_INSTALLED}' >&2; return 4; fi
    directory=\${directory%/*}
  done
  "$program" "$@"
}`;

export const COMPLETION_SCRIPTS = {
  // Bash splits words at = and : too, and replaces the last part alone.
  bash: `${POSIX}
_loadstar() {
  local IFS=$'\\n' line=\${COMP_LINE:0:COMP_POINT} word one found
  word=\${line##*[[:space:]]}
  found=($(loadstar completion --words "$line" 2>/dev/null))
  COMPREPLY=()
  for one in "\${found[@]}"; do
    if [ "$one" = '${FILES}' ]; then
      compopt -o filenames
      COMPREPLY+=($(compgen -f -- "\${word##*=}"))
    else COMPREPLY+=("\${one#"\${word%"\${word##*[=:]}"}"}")
    fi
  done
}
complete -F _loadstar loadstar`,
  zsh: `${POSIX}
_loadstar() {
  local -a found
  found=(\${(f)"$(loadstar completion --words "\${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)"})
  local -i files=\${found[(I)${FILES}]}
  (( files )) && found[files]=()
  compadd -- $found
  (( files )) && { compset -P '*='; _files }
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _loadstar loadstar`,
  fish: `function loadstar
  set -l directory $PWD
  while true
    set -f program $directory/node_modules/.bin/loadstar
    test -x "$program"; and break
    set program $directory/cli/loadstar.js
    test -x "$program"; and grep -qsF '"name": "${PACKAGE}"' $directory/package.json; and break
    if test "$directory" = /
      echo '${NOT_INSTALLED}' >&2
      return 4
    end
    set directory (path dirname $directory)
  end
  $program $argv
end
function __loadstar_words
  for word in (loadstar completion --words (commandline -cp | string collect) 2>/dev/null)
    if test "$word" = '${FILES}'
      set -l option (string match -r '^--[^=]+=' -- (commandline -ct))
      for path in (__fish_complete_path (string replace -- "$option" '' (commandline -ct)))
        echo "$option$path"
      end
    else
      echo $word
    end
  end
end
complete -c loadstar -f -a '(__loadstar_words)'`,
} as const;
