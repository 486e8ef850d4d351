// SPDX-License-Identifier: BSD-2-Clause

//! Device trees that are wrong, and those that are strange and do no harm.
