# SPDX-License-Identifier: BSD-2-Clause

# The image builder's options that describe a kernel.
kernel:
"--dtb ${kernel}/support/kernel.dtb"
+ " --platform ${kernel}/support/platform_gen.yaml"
+ " --kernel-config ${kernel}/libsel4/include/kernel/gen_config.json"
