# SPDX-License-Identifier: BSD-2-Clause

# Writes to the file $2 what the script $1 offers for the last of the builder's arguments, which follow. Only the line
# editor can complete, so this script sources itself in a shell with a terminal.

if [[ ! -o interactive ]]; then
    zmodload zsh/zpty
    zpty terminal zsh -f -i
    zpty -w terminal "source ${(q)0:A} ${(qq)@}"
    while zpty -r terminal; do :; done
    exit
fi

script=$1 offers=$2 arguments=("${@:3}")
autoload -U compinit && compinit -D -u && source $script

compadd() {
    local -a found
    builtin compadd -O found "$@"
    print -rl -- $found >> $offers
    builtin compadd "$@"
}

complete_and_exit() {
    BUFFER="kaal-elfloader-builder $arguments"
    CURSOR=$#BUFFER
    zle list-choices
    exit
}
zle -N zle-line-init complete_and_exit
