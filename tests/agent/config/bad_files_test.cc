#include <string>

#include <gtest/gtest.h>

#include "agent/config/load_config.h"
#include "tests/agent/config/config_texts.h"

namespace agent {
namespace {

struct BadFile {
  const char* what;
  std::string yaml;
  const char* problems;
};
void PrintTo(const BadFile& file, std::ostream* out) {
  *out << file.what;
}

class BadFiles : public testing::TestWithParam<BadFile> {};

TEST_P(BadFiles, SayWhereAndWhatWouldBeRight) {
  EXPECT_EQ(problems_of(GetParam().yaml), GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(
    Structure,
    BadFiles,
    testing::Values(
        BadFile{"an empty file",
                "",
                "f:1:1: authorities: is missing; expected a list of at least one "
                "authority: name, directory, terms_of_service_agreed\n"},
        BadFile{"a document that is a list",
                "- a\n",
                "f:1:1: is a list; expected a map of keys and values\n"
                "f:1:1: authorities: is missing; expected a list of at least one authority: name, "
                "directory, terms_of_service_agreed\n"},
        BadFile{"a slip of the pen",
                with("spop:\n  idle_timout: 5m\n"),
                "f:6:3: spop.idle_timout: unknown key; did you mean idle_timeout?\n"},
        BadFile{"a hyphen for an underscore",
                with("state-directory: /x\n"),
                "f:5:1: state-directory: unknown key; did you mean state_directory?\n"},
        BadFile{"a key that is like no other",
                with("log:\n  colour: red\n"),
                "f:6:3: log.colour: unknown key; expected one of level, format\n"},
        BadFile{"a key with odd characters",
                with("log:\n  \"a\\nb\": red\n"),
                "f:6:3: log.\"a\\x0ab\": unknown key; expected one of level, format\n"},
        BadFile{"a key twice",
                with("log:\n  level: info\n  level: warn\n"),
                "f:7:3: log.level: is here a second time; expected it once, as in line 6\n"},
        BadFile{"a section twice",
                with("log: {}\nlog: {}\n"),
                "f:6:1: log: is here a second time; expected it once, as in line 5\n"},
        BadFile{"an unknown key twice is two problems",
                with("log:\n  x: 1\n  x: 2\n"),
                "f:6:3: log.x: unknown key; expected one of level, format\n"
                "f:7:3: log.x: is here a second time; expected it once, as in line 6\n"},
        BadFile{
            "a list as a key", with("? [a]\n: b\n"), "f:5:3: a list as a key; expected a name\n"},
        BadFile{"a section that is a list",
                with("spop: [a]\n"),
                "f:5:7: spop: is a list; expected a map of keys and values\n"},
        BadFile{"a section that is text",
                with("spop: abns@x\n"),
                "f:5:7: spop: is \"abns@x\"; expected a map of keys and values\n"},
        BadFile{"no well-formed YAML",
                with("spop: {listen: [\n"),
                "f:6:1: no well-formed YAML: end of sequence flow not found\n"},
        BadFile{"a second document",
                with("---\nspop: {}\n"),
                "f:5:1: a second document; expected only one\n"},
        BadFile{"an anchor",
                with("log: &a {level: info}\n"),
                "f:5:6: an anchor; write the value out where it is used\n"},
        BadFile{"an alias",
                with("log: *a\n"),
                "f:5:6: no well-formed YAML: the referenced anchor is not defined\n"},
        BadFile{"a tag", with("log: !!map {level: info}\n"), "f:5:6: a tag; remove it\n"},
        BadFile{"nested too deep",
                with("log: " + std::string(40, '[') + std::string(40, ']') + "\n"),
                "f:5:21: nested too deep\n"}));

INSTANTIATE_TEST_SUITE_P(
    Values,
    BadFiles,
    testing::Values(
        BadFile{
            "a relative path",
            with("state_directory: state\n"),
            "f:5:18: state_directory: \"state\" is no absolute path; expected an absolute path of "
            "letters, digits and ._-/:@+,=, which HAProxy takes unquoted\n"},
        BadFile{
            "a path with a blank",
            with("haproxy:\n  crt_list: /srv/my list\n"),
            "f:6:13: haproxy.crt_list: \"/srv/my list\" contains another character; expected an "
            "absolute path of letters, digits and ._-/:@+,=, which HAProxy takes unquoted\n"},
        BadFile{
            "a path that climbs",
            with("admin: {socket: /run/../x}\n"),
            "f:5:17: admin.socket: \"/run/../x\" contains \"..\"; expected an absolute path of at "
            "most 107 bytes\n"},
        BadFile{
            "a path with an empty part",
            with("admin: {socket: /run//x}\n"),
            "f:5:17: admin.socket: \"/run//x\" contains an empty part; expected an absolute path "
            "of at most 107 bytes\n"},
        BadFile{
            "a socket's path that is too long",
            with("admin: {socket: /" + std::string(107, 'x') + "}\n"),
            "f:5:17: admin.socket: \"/"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\" "
            "is too long for a socket; expected an absolute path of at most 107 bytes\n"},
        BadFile{"an address with a name",
                with("spop:\n  listen: [localhost:9301]\n"),
                "f:6:12: spop.listen[0]: \"localhost:9301\" is no address; expected ADDRESS:PORT "
                "with a "
                "numeric address, unix@/path or abns@name\n"},
        BadFile{"an address with port 0",
                with("metrics: {listen: \"127.0.0.1:0\"}\n"),
                "f:5:19: metrics.listen: \"127.0.0.1:0\" has port 0; expected ADDRESS:PORT with a "
                "numeric address, unix@/path or abns@name\n"},
        BadFile{
            "no address",
            with("spop: {listen: []}\n"),
            "f:5:16: spop.listen: is an empty list; expected a list: ADDRESS:PORT with a numeric "
            "address, unix@/path or abns@name\n"},
        BadFile{"an address that is not in a list",
                with("spop: {listen: abns@x}\n"),
                "f:5:16: spop.listen: is \"abns@x\"; expected a list: ADDRESS:PORT with a numeric "
                "address, unix@/path or abns@name\n"},
        BadFile{"an address twice",
                with("spop: {listen: [abns@x, abns@x]}\n"),
                "f:5:25: spop.listen[1]: is in the list already; expected it once\n"},
        BadFile{
            "a number that is none",
            with("spop: {workers: many}\n"),
            "f:5:17: spop.workers: \"many\" is no whole number; expected auto or a whole number "
            "from 1 to 256\n"},
        BadFile{
            "a number in quotes",
            with("issuer: {orders_in_flight: \"5\"}\n"),
            "f:5:28: issuer.orders_in_flight: \"5\" is no whole number; expected a whole number "
            "from 1 to 1000\n"},
        BadFile{
            "a number out of range",
            with("issuer: {orders_in_flight: 0}\n"),
            "f:5:28: issuer.orders_in_flight: \"0\" is out of range; expected a whole number from "
            "1 to 1000\n"},
        BadFile{
            "a negative number",
            with("spop: {max_connections: -1}\n"),
            "f:5:25: spop.max_connections: \"-1\" is no whole number; expected a whole number from "
            "1 to 1000000\n"},
        BadFile{
            "an empty value",
            with("spop:\n  max_connections:\n"),
            "f:6:3: spop.max_connections: is empty; expected a whole number from 1 to 1000000\n"},
        BadFile{
            "a duration without a unit",
            with("spop: {idle_timeout: 10}\n"),
            "f:5:22: spop.idle_timeout: \"10\" is no duration; expected a number with its unit ms, "
            "s, m or h, from 1s to 24h\n"},
        BadFile{
            "a duration of two units",
            with("spop: {idle_timeout: 1m30s}\n"),
            "f:5:22: spop.idle_timeout: \"1m30s\" is no duration; expected a number with its unit "
            "ms, s, m or h, from 1s to 24h\n"},
        BadFile{
            "a duration out of range",
            with("spop: {hello_timeout: 99ms}\n"),
            "f:5:23: spop.hello_timeout: \"99ms\" is out of range; expected a number with its unit "
            "ms, s, m or h, from 100ms to 1h\n"},
        BadFile{"a duration that overflows",
                with("spop: {drain_timeout: 18446744073709551615h}\n"),
                "f:5:23: spop.drain_timeout: \"18446744073709551615h\" is no duration; expected a "
                "number with its unit ms, s, m or h, from 0ms to 10m\n"},
        BadFile{
            "a mode that some tool has made decimal",
            with("spop: {unix_mode: 432}\n"),
            "f:5:19: spop.unix_mode: \"432\" is no mode of four octal digits; expected a mode as "
            "\"0660\"\n"},
        BadFile{
            "an admin socket for everybody",
            with("admin: {mode: \"0666\"}\n"),
            "f:5:15: admin.mode: \"0666\" gives too much; expected a mode as \"0660\", nothing for "
            "others: the socket gives full control\n"},
        BadFile{
            "tokens sent over a network",
            with("admin: {listen: \"192.0.2.1:8555\"}\n"),
            "f:5:17: admin.listen: \"192.0.2.1:8555\" is no loopback address; expected a loopback "
            "address as 127.0.0.1:8555 or \"[::1]:8555\": tokens are sent in clear there; give "
            "others "
            "a TLS bind of HAProxy in front of it\n"},
        BadFile{
            "keys that everybody can read",
            with("haproxy: {file_mode: \"0644\"}\n"),
            "f:5:22: haproxy.file_mode: \"0644\" gives too much; expected a mode as \"0600\" or "
            "\"0640\", nothing for others: there are keys in it\n"},
        BadFile{
            "files that we could not write",
            with("haproxy: {file_mode: \"0440\"}\n"),
            "f:5:22: haproxy.file_mode: \"0440\" does not let the owner read and write; expected a "
            "mode as \"0600\" or \"0640\", nothing for others: there are keys in it\n"},
        BadFile{"a choice that is none",
                with("certificates: {key_type: rsa-1024}\n"),
                "f:5:26: certificates.key_type: \"rsa-1024\" is none of them; expected ecdsa-p256, "
                "ecdsa-p384, rsa-2048, rsa-3072 or rsa-4096\n"},
        BadFile{"two key types of one algorithm",
                with("certificates: {key_types: [rsa-2048, rsa-4096]}\n"),
                "f:5:27: certificates.key_types: has to be one type, or one of ECDSA and one of "
                "RSA\n"},
        BadFile{"key types and a key type",
                with("certificates: {key_type: rsa-2048, key_types: [rsa-2048]}\n"),
                "f:5:47: certificates.key_types: is there beside key_type; expected one of the two "
                "keys\n"},
        BadFile{"two problems of a log",
                with("log: {level: loud, format: [json]}\n"),
                "f:5:14: log.level: \"loud\" is none of them; expected debug, info, warn or error\n"
                "f:5:28: log.format: is a list; expected logfmt or json\n"}));

INSTANTIATE_TEST_SUITE_P(
    Authority,
    BadFiles,
    testing::Values(
        BadFile{"no authority",
                "authorities: []\n",
                "f:1:14: authorities: is an empty list; expected a list of at least one authority: "
                "name, "
                "directory, terms_of_service_agreed\n"},
        BadFile{"too many authorities",
                "authorities:\n" + authorities(17),
                "f:2:3: authorities: has 17 entries; expected at most 16\n"},
        BadFile{"an authority with the name of custom certificates",
                "authorities:\n  - name: custom\n    directory: https://ca.example/dir\n"
                "    terms_of_service_agreed: true\n",
                "f:2:11: authorities[0].name: is what certificates of hostnames in mode custom "
                "have; expected another\n"},
        BadFile{"two authorities of one name",
                "authorities:\n" + authorities(1) + authorities(1),
                "f:3:12: authorities[1].name: is another authority's, too; expected a name of its "
                "own\n"},
        BadFile{
            "an authority without anything",
            "authorities:\n  - {}\n",
            "f:2:5: authorities[0].name: is missing; expected 1 to 32 of a-z, 0-9, - and _\n"
            "f:2:5: authorities[0].directory: is missing; expected an https:// URL\n"
            "f:2:5: authorities[0].terms_of_service_agreed: is missing; expected true, once you "
            "have read and agreed to the authority's terms of service\n"},
        BadFile{
            "terms that are not agreed to",
            "authorities: [{name: a, directory: \"https://a\", terms_of_service_agreed: false}]\n",
            "f:1:74: authorities[0].terms_of_service_agreed: \"false\" is not true; expected true, "
            "once you have read and agreed to the authority's terms of service\n"},
        BadFile{
            "a truth in quotes",
            "authorities: [{name: a, directory: \"https://a\", terms_of_service_agreed: "
            "\"true\"}]\n",
            "f:1:74: authorities[0].terms_of_service_agreed: \"true\" is not true; expected true, "
            "once you have read and agreed to the authority's terms of service\n"},
        BadFile{
            "a name that is no label",
            "authorities: [{name: Let's, directory: \"https://a\", terms_of_service_agreed: "
            "true}]\n",
            "f:1:22: authorities[0].name: \"Let's\" is no name; expected 1 to 32 of a-z, 0-9, - "
            "and _\n"},
        BadFile{
            "a directory that is not encrypted",
            "authorities: [{name: a, directory: \"http://a/\", terms_of_service_agreed: true}]\n",
            "f:1:36: authorities[0].directory: \"http://a/\" is not encrypted; expected an "
            "https:// "
            "URL\n"},
        BadFile{
            "a directory with a password",
            "authorities: [{name: a, directory: \"https://u:p@a/\", terms_of_service_agreed: "
            "true}]\n",
            "f:1:36: authorities[0].directory: \"https://u:p@a/\" has a user in it; expected an "
            "https:// URL\n"},
        BadFile{
            "a directory without a host",
            "authorities: [{name: a, directory: \"https:///dir\", terms_of_service_agreed: "
            "true}]\n",
            "f:1:36: authorities[0].directory: \"https:///dir\" has no host; expected an https:// "
            "URL\n"},
        BadFile{"a contact that is no URL",
                with("    contact: [me@example.org]\n"),
                "f:5:15: authorities[0].contact[0]: \"me@example.org\" is no mailto: URL; expected "
                "mailto:NAME@HOST\n"},
        BadFile{
            "two addresses in one contact",
            with("    contact: [\"mailto:a@b.example,c@d.example\"]\n"),
            "f:5:15: authorities[0].contact[0]: \"mailto:a@b.example,c@d.example\" is more than "
            "one plain address; expected mailto:NAME@HOST\n"},
        BadFile{"half an account binding",
                with("    eab: {key_id: x}\n"),
                "f:5:10: authorities[0].eab.hmac_key_file: is missing; expected an absolute path "
                "without . or .. in it\n"}));

INSTANTIATE_TEST_SUITE_P(
    Haproxy,
    BadFiles,
    testing::Values(
        BadFile{
            "two instances of a name",
            with("haproxy:\n  instances:\n"
                 "    - {name: a, runtime: unix@/a, verify: [127.0.0.1:443]}\n"
                 "    - {name: a, runtime: unix@/b, verify: [127.0.0.1:443]}\n"),
            "f:8:14: haproxy.instances[1].name: is another instance's, too; expected a name of its "
            "own\n"},
        BadFile{"an instance without proof",
                with("haproxy:\n  instances:\n    - {name: a, runtime: unix@/a}\n"),
                "f:7:7: haproxy.instances[0].verify: is missing; expected a list: ADDRESS:PORT "
                "with a numeric "
                "address, unix@/path or abns@name\n"},
        BadFile{
            "no instance",
            with("haproxy: {instances: []}\n"),
            "f:5:22: haproxy.instances: is an empty list; expected a list of at least one HAProxy: "
            "name, runtime, verify\n"},
        BadFile{"the certificates' folder around our state",
                with("haproxy: {certificate_directory: /var/lib}\n"),
                "f:5:10: haproxy: has a certificate_directory that contains other files of ours; "
                "expected a folder for certificates alone\n"}));

}  // namespace
}  // namespace agent
