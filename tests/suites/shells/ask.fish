# SPDX-License-Identifier: BSD-2-Clause

# Writes to the file $argv[2] what the script $argv[1] offers for the last of the builder's arguments, which follow.

source $argv[1]
complete --do-complete "kaal-elfloader-builder $argv[3..]" >$argv[2]
