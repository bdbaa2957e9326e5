#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A directory without cases is no success.
. "${0%/*}/../lib.sh"

mkdir c
hf rules test c
refuses 'no case (*.c) below c'
hf rules test nowhere
refuses 'no case (*.c) below nowhere'
