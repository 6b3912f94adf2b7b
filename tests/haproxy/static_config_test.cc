#include "haproxy/static_config.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/haproxy/test_process.h"

namespace haproxy {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Variant {
  ConfigVersion version;
  Placement place;
  std::string name() const {
    return std::string(to_string(version)) + "-" + std::string(to_string(place));
  }
};

constexpr Variant variants[] = {{ConfigVersion::v2_6, Placement::frontend},
                                {ConfigVersion::v2_6, Placement::backend},
                                {ConfigVersion::v3_4, Placement::frontend},
                                {ConfigVersion::v3_4, Placement::backend}};

StaticConfigOptions options_of(const Variant& variant) {
  StaticConfigOptions options;
  options.version = variant.version;
  options.place = variant.place;
  return options;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// The lines of `text` that contain `mark`.
std::vector<std::string> lines_with(const std::string& text, const std::string& mark) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.find(mark) != std::string::npos) lines.push_back(line);
  }
  return lines;
}

/// Set ACME_SPOA_UPDATE_GOLDEN to write the files anew, then read the difference.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(ACME_SPOA_TESTDATA "/haproxy/") + name;
  if (std::getenv("ACME_SPOA_UPDATE_GOLDEN")) test::write_file(path, text);
  EXPECT_EQ(text, test::read_file(path)) << path;
}

class StaticConfigVariant : public ::testing::TestWithParam<Variant> {
 protected:
  /// Writes the files, with an empty crt-list, and lets the installed HAProxy 2.6 check them. Of a
  /// 3.4 configuration 2.6 knows everything but `mode spop`, which is checked as `mode tcp`.
  test::Finished check(StaticConfigOptions options, auto change) {
    options.crt_list_path = folder_.path("crt-list.txt");
    options.spoe_config_path = folder_.path("spoe.conf");
    options.runtime_api = base::UnixEndpoint{folder_.path("admin.sock")};
    const auto config = render_static_config(options);
    if (!config) return {-1, config.error()};
    test::write_file(options.crt_list_path, "");
    test::write_file(options.spoe_config_path, config->spoe_conf);
    test::write_file(folder_.path("haproxy.cfg"),
                     replace_all(change(config->haproxy_cfg), "mode spop", "mode tcp"));
    return test::run({test::haproxy_program, "-c", "-f", folder_.path("haproxy.cfg")});
  }
  test::Finished check(StaticConfigOptions options) {
    return check(std::move(options), [](std::string text) { return text; });
  }

  test::TempFolder folder_;
};

TEST_P(StaticConfigVariant, IsTheGoldenText) {
  const auto config = render_static_config(options_of(GetParam()));
  ASSERT_TRUE(config) << config.error();
  expect_golden("static-" + GetParam().name() + ".cfg", config->haproxy_cfg);
  expect_golden("static-" + std::string(to_string(GetParam().version)) + ".spoe.conf",
                config->spoe_conf);
}

// "no SSL certificate" is how every HAProxy speaks of an empty crt-list; "missing timeouts" are
// those of the SPOE engine up to 3.0, which a configuration for 3.4 does not set.
TEST_P(StaticConfigVariant, IsAcceptedByHaproxyWithNoWarningButThoseExpected) {
  if (!test::haproxy_is_installed()) GTEST_SKIP() << "no " << test::haproxy_program;
  const test::Finished checked = check(options_of(GetParam()));
  EXPECT_EQ(checked.status, 0) << checked.output;
  EXPECT_THAT(checked.output, Not(HasSubstr("ALERT")));
  const bool old = GetParam().version == ConfigVersion::v2_6;
  for (const std::string& warning : lines_with(checked.output, "[WARNING]")) {
    const auto empty_list = HasSubstr("no SSL certificate specified");
    const auto timeouts = HasSubstr(old ? "no SSL certificate" : "missing timeouts for SPOE agent");
    EXPECT_THAT(warning, AnyOf(empty_list, timeouts));
  }
}

TEST_P(StaticConfigVariant, TakesSeveralAddressesOfEveryKind) {
  if (!test::haproxy_is_installed()) GTEST_SKIP() << "no " << test::haproxy_program;
  StaticConfigOptions options = options_of(GetParam());
  options.spop = {base::AbstractEndpoint{"acme-spoa"},
                  base::TcpEndpoint{"127.0.0.1", 9000},
                  base::TcpEndpoint{"::1", 9000}};
  options.http_binds = {"127.0.0.1:8080", "[::1]:8080"};
  options.https_binds = {"*:8443", "unix@" + folder_.path("https.sock")};
  options.https_port = 8443;
  options.foreign_tokens = "127.0.0.1:8081";
  options.var_prefix = "tls_agent";
  const test::Finished checked = check(options);
  EXPECT_EQ(checked.status, 0) << checked.output;
}

TEST_P(StaticConfigVariant, SortsTlsByItsAlpnBeforeItEnds) {
  if (!test::haproxy_is_installed()) GTEST_SKIP() << "no " << test::haproxy_program;
  StaticConfigOptions options = options_of(GetParam());
  options.tls_alpn = base::AbstractEndpoint{"alpn"};
  const std::string text = render_static_config(options)->haproxy_cfg;
  expect_golden("static-" + GetParam().name() + "-tls-alpn.cfg", text);
  EXPECT_THAT(text, HasSubstr("    use_backend acme-tls-alpn if { req.ssl_alpn acme-tls/1 }\n"));
  EXPECT_THAT(text, HasSubstr("    bind abns@alpn-https accept-proxy ssl crt-list "));
  const test::Finished checked = check(options);
  EXPECT_EQ(checked.status, 0) << checked.output;
  EXPECT_THAT(checked.output, Not(HasSubstr("ALERT")));
}

TEST_P(StaticConfigVariant, OffersCommentedLinesForADefaultCertificateThatWork) {
  if (!test::haproxy_is_installed()) GTEST_SKIP() << "no " << test::haproxy_program;
  const test::Finished checked = check(options_of(GetParam()), [](std::string text) {
    text = replace_all(std::move(text), "    # filter spoe", "    filter spoe");
    return replace_all(std::move(text), "    # http-request", "    http-request");
  });
  EXPECT_EQ(checked.status, 0) << checked.output;
}

INSTANTIATE_TEST_SUITE_P(Every,
                         StaticConfigVariant,
                         ::testing::ValuesIn(variants),
                         [](const auto& parameter) {
                           std::string name = parameter.param.name();
                           std::replace(name.begin(), name.end(), '.', '_');
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(StaticConfig, AttachesTheFilterToNoFrontendWhenPlacedInBackends) {
  const auto config = render_static_config({});
  const std::string& text = config->haproxy_cfg;
  EXPECT_GT(text.find("\n    filter spoe"), text.find("\nbackend "));
}

TEST(StaticConfig, SendsForeignTokensToTheNamedServerOrToTheApplication) {
  StaticConfigOptions options;
  options.application = "10.0.0.1:80";
  EXPECT_THAT(render_static_config(options)->haproxy_cfg,
              HasSubstr("server foreign-tokens 10.0.0.1:80\n"));
  options.foreign_tokens = "10.0.0.2:80";
  EXPECT_THAT(render_static_config(options)->haproxy_cfg,
              HasSubstr("server foreign-tokens 10.0.0.2:80\n"));
}

TEST(StaticConfig, TellsTheFrontendsNameWhereItIsAskedFor) {
  StaticConfigOptions options;
  EXPECT_THAT(render_static_config(options)->spoe_conf, Not(HasSubstr("fe_name")));
  options.sends_frontend_name = true;
  EXPECT_THAT(render_static_config(options)->spoe_conf,
              HasSubstr("    args host=req.hdr(host) path=path fe_name=fe_name\n"));
}

TEST(StaticConfig, RedirectsToThePortThatVisitorsSee) {
  StaticConfigOptions options;
  EXPECT_THAT(render_static_config(options)->haproxy_cfg, HasSubstr("field(1,:)] code 301"));
  options.https_port = 8443;
  EXPECT_THAT(render_static_config(options)->haproxy_cfg, HasSubstr("field(1,:)]:8443 code 301"));
}

TEST(StaticConfig, RefusesWordsThatWouldEndALine) {
  const char* const bad[] = {"",
                             "a b",
                             "a\nglobal",
                             "a#b",
                             "\"a\"",
                             "a'b",
                             "a\\b",
                             "$HOME",
                             "%[env(x)]",
                             "{ true }",
                             "a\tb",
                             "\xc3\xa4"};
  for (const char* word : bad) {
    StaticConfigOptions options;
    options.application = word;
    EXPECT_FALSE(render_static_config(options)) << word;
    options = {};
    options.http_binds = {":80", word};
    EXPECT_FALSE(render_static_config(options)) << word;
    options = {};
    options.crt_list_path = "/" + std::string(word) + " ";
    EXPECT_FALSE(render_static_config(options)) << word;
  }
}

TEST(StaticConfig, NamesTheOptionItRefuses) {
  StaticConfigOptions options;
  options.https_binds = {};
  EXPECT_THAT(render_static_config(options).error(), HasSubstr("HTTPS address"));
  options = {};
  options.spop = {};
  EXPECT_THAT(render_static_config(options).error(), HasSubstr("agent address"));
  options = {};
  options.crt_list_path = "crt-list.txt";
  EXPECT_THAT(render_static_config(options).error(), HasSubstr("crt-list path"));
  options = {};
  options.spoe_config_path = "spoe.conf";
  EXPECT_THAT(render_static_config(options).error(), HasSubstr("SPOE configuration path"));
  options = {};
  options.foreign_tokens = "a b";
  EXPECT_THAT(render_static_config(options).error(), HasSubstr("foreign tokens"));
  options = {};
  options.runtime_api = base::UnixEndpoint{"/run/a b"};
  EXPECT_THAT(render_static_config(options).error(), HasSubstr("runtime API"));
  options = {};
  options.https_port = 0;
  EXPECT_THAT(render_static_config(options).error(), HasSubstr("HTTPS port"));
}

TEST(StaticConfig, KeepsVariableNamesWithinHaproxysSixtyThreeBytes) {
  StaticConfigOptions options;
  options.var_prefix = std::string(44, 'p');
  EXPECT_TRUE(render_static_config(options));
  options.var_prefix += 'p';
  EXPECT_FALSE(render_static_config(options));
  options.var_prefix = "acme.x";
  EXPECT_FALSE(render_static_config(options));
}

TEST(StaticConfig, ReadsItsChoicesBack) {
  EXPECT_EQ(parse_config_version("2.6"), ConfigVersion::v2_6);
  EXPECT_EQ(parse_config_version("3.4"), ConfigVersion::v3_4);
  EXPECT_EQ(parse_config_version("2"), std::nullopt);
  EXPECT_EQ(parse_placement("frontend"), Placement::frontend);
  EXPECT_EQ(parse_placement("backend"), Placement::backend);
  EXPECT_EQ(parse_placement("Backend"), std::nullopt);
}

}  // namespace
}  // namespace haproxy
