# SPDX-License-Identifier: BSD-2-Clause

# Writes to the file $2 what the script $1 offers for the last of the builder's arguments, which follow.

source "$1"
offers=$2
shift 2
registered=$(complete -p kaal-elfloader-builder)
function=${registered#*-F }
COMP_WORDS=(kaal-elfloader-builder "$@")
COMP_CWORD=$#
"${function%% *}" kaal-elfloader-builder "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}" > "$offers"
