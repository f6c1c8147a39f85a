// Part of Gatehouse. Licensed under Apache-2.0; see LICENSE.

#pragma once

#include <stddef.h>
#include <stdint.h>

/// libFuzzer's entry point for programs that keep their own `main` (compiler-rt's fuzzer_no_main archive).
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
