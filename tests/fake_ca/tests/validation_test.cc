// What the authority takes for an answer to a challenge, with the worked numbers of the standards.

#include "tests/fake_ca/validation.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "tests/fake_ca/dns_message.h"
#include "tests/fakes/example_account.h"

namespace fake_ca {
namespace {

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
constexpr const char* txt_value = "XJJjA4d3zhjXiCMpPspgZ9aO95dTKrdSmeUu06Pxpz0";
constexpr const char* digest_hex =
    "5c9263038777ce18d78823293eca6067d68ef797532ab75299e52ed3a3f1a73d";
const std::string key_authorization =
    std::string(fakes::example_token) + "." + std::string(fakes::example_thumbprint);

ValidationTask task_of(ChallengeType type,
                       const std::string& name = "a.example",
                       IdentifierType kind = IdentifierType::dns) {
  return {AuthorizationId(1),
          type,
          {kind, name},
          std::string(fakes::example_token),
          key_authorization,
          "https://ca.example/acme/acct/ExampleAccount",
          {"ca.example"}};
}

std::string verdict(const ValidationTask& task, const Evidence& evidence) {
  const std::optional<Problem> fault = judge(task, evidence, now);
  return fault ? fault->type : "good";
}

TEST(Http01, WantsTheKeyAuthorizationAndTakesWhiteSpaceAfterIt) {
  const ValidationTask task = task_of(ChallengeType::http_01);
  EXPECT_EQ(verdict(task, HttpAnswer{200, key_authorization}), "good");
  EXPECT_EQ(verdict(task, HttpAnswer{200, key_authorization + "\r\n"}), "good");
  EXPECT_EQ(verdict(task, HttpAnswer{200, " " + key_authorization}), "unauthorized");
  EXPECT_EQ(verdict(task, HttpAnswer{200, key_authorization + "x"}), "unauthorized");
  EXPECT_EQ(verdict(task, HttpAnswer{404, key_authorization}), "unauthorized");
  EXPECT_EQ(verdict(task, Unreachable{"connection", "refused"}), "connection");
  EXPECT_EQ(verdict(task, TxtRecords{{txt_value}}), "serverInternal") << "of another type";
}

TEST(Dns01, WantsTheDigestInAnyRecord) {
  const ValidationTask task = task_of(ChallengeType::dns_01);
  EXPECT_EQ(txt_name(task), "_acme-challenge.a.example");
  EXPECT_EQ(verdict(task, TxtRecords{{"else", txt_value}}), "good");
  EXPECT_EQ(verdict(task, TxtRecords{{key_authorization}}), "unauthorized");
  EXPECT_EQ(verdict(task, TxtRecords{}), "unauthorized");
  EXPECT_EQ(txt_name(task_of(ChallengeType::dns_01, "*.a.example")), "_acme-challenge.a.example");
}

TEST(DnsAccount01, HasTheAccountInItsLabel) {
  const ValidationTask task = task_of(ChallengeType::dns_account_01);
  EXPECT_EQ(txt_name(task), "_sslbvpeympiwms7t._acme-challenge.a.example");
  EXPECT_EQ(verdict(task, TxtRecords{{txt_value}}), "good");
}

TEST(DnsPersist01, IsReadAsBoulderDoes) {
  const ValidationTask task = task_of(ChallengeType::dns_persist_01);
  EXPECT_EQ(txt_name(task), "_validation-persist.a.example");
  const std::string account = "accounturi=https://ca.example/acme/acct/ExampleAccount";
  const auto of = [](const ValidationTask& wanted, const std::string& record) {
    return verdict(wanted, TxtRecords{{"other.example; accounturi=x", record}});
  };
  EXPECT_EQ(of(task, "ca.example; " + account), "good");
  EXPECT_EQ(of(task, "CA.example;\tAccountURI=" + account.substr(11)), "good");
  EXPECT_EQ(of(task, "ca.example; " + account + "; unknown=1"), "good");
  EXPECT_EQ(of(task, "ca.example; " + account + "; persistUntil=1893456001"), "good");
  EXPECT_EQ(of(task, "ca.example; " + account + "; persistUntil=1893455999"), "unauthorized");
  EXPECT_EQ(of(task, "ca.example; " + account + ";"), "unauthorized") << "a trailing ;";
  EXPECT_EQ(of(task, "ca.example; " + account + "; " + account), "unauthorized") << "twice";
  EXPECT_EQ(of(task, "ca.example; " + account + "9"), "unauthorized");
  EXPECT_EQ(of(task, "ca.example"), "unauthorized");
  EXPECT_EQ(of(task, "cb.example; " + account), "unauthorized");
  const ValidationTask wildcard = task_of(ChallengeType::dns_persist_01, "*.a.example");
  EXPECT_EQ(of(wildcard, "ca.example; " + account), "unauthorized");
  EXPECT_EQ(of(wildcard, "ca.example; " + account + "; policy=WildCard"), "good");
}

/// A certificate for tls-alpn-01 as OpenSSL's own configuration language has it.
struct AlpnWish {
  std::string names = "DNS:a.example";
  std::string digest = digest_hex;
  const char* critical = "critical,";
};

std::string make_alpn(const AlpnWish& wish) {
  const acme::PkeyPtr key(EVP_EC_gen("P-256"));
  const acme::X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_set_pubkey(certificate.get(), key.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  const auto add = [&certificate](const char* name, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf(nullptr, nullptr, name, value.c_str());
    acme::require(extension != nullptr, "X509V3_EXT_conf");
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  };
  add("subjectAltName", wish.names);
  add("1.3.6.1.5.5.7.1.31", wish.critical + ("DER:0420" + wish.digest));
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

TEST(TlsAlpn01, WantsTheOneExtensionAndTheOneName) {
  const ValidationTask task = task_of(ChallengeType::tls_alpn_01);
  const auto of = [&task](const AlpnWish& wish, const char* protocol = "acme-tls/1") {
    return verdict(task, AlpnCertificate{protocol, make_alpn(wish)});
  };
  EXPECT_EQ(of({}), "good");
  EXPECT_EQ(of({}, "h2"), "unauthorized");
  EXPECT_EQ(of({.names = "DNS:b.example"}), "unauthorized");
  EXPECT_EQ(of({.names = "DNS:a.example,DNS:b.example"}), "unauthorized");
  EXPECT_EQ(of({.digest = std::string(64, '0')}), "unauthorized");
  EXPECT_EQ(of({.critical = ""}), "unauthorized");
  EXPECT_EQ(verdict(task, AlpnCertificate{"acme-tls/1", "no DER"}), "unauthorized");
  const ValidationTask ip = task_of(ChallengeType::tls_alpn_01, "192.0.2.7", IdentifierType::ip);
  EXPECT_EQ(verdict(ip, AlpnCertificate{"acme-tls/1", make_alpn({.names = "IP:192.0.2.7"})}),
            "good");
}

TEST(TlsAlpn01, AsksForTheReverseNameOfAnAddress) {
  EXPECT_EQ(sni_of({IdentifierType::dns, "a.example"}), "a.example");
  EXPECT_EQ(sni_of({IdentifierType::ip, "192.0.2.7"}), "7.2.0.192.in-addr.arpa");
  EXPECT_EQ(sni_of({IdentifierType::ip, "2001:db8::1"}),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

using namespace std::string_literals;

TEST(DnsMessage, AsksForTxt) {
  EXPECT_EQ(encode_txt_query(0x1234, "a.example"),
            "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
            "\x01"
            "a\x07"
            "example\x00\x00\x10\x00\x01"s);
}

TEST(DnsMessage, ReadsRecordsOfSeveralStringsAndAliases) {
  const std::string head =
      "\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"
      "\x01"
      "a\x07"
      "example\x00\x00\x10\x00\x01"s;
  const std::string alias =
      "\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01"
      "b\xc0\x0e"s;
  const std::string txt =
      "\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c\x00\x06\x02"
      "xy\x02"
      "zz"s;
  const auto reply = parse_txt_reply(0x1234, head + alias + txt);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->cname, "b.example");
  EXPECT_EQ(reply->values, std::vector<std::string>{"xyzz"});
  EXPECT_FALSE(parse_txt_reply(0x1235, head + alias + txt));
  for (std::size_t size = 0; size < head.size() + alias.size() + txt.size(); ++size) {
    EXPECT_FALSE(parse_txt_reply(0x1234, (head + alias + txt).substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace fake_ca
