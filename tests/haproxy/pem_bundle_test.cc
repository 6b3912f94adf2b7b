#include "haproxy/pem_bundle.h"

#include <algorithm>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "haproxy/pem_blocks.h"
#include "tests/haproxy/test_process.h"

namespace haproxy {
namespace {

using ::testing::HasSubstr;

std::string data(const std::string& name) {
  return test::read_file(std::string(ACME_SPOA_TESTDATA "/haproxy/") + name);
}

std::string block(const std::string& document, std::size_t index) {
  return encode_pem_block((*parse_pem_blocks(document, 16))[index]);
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

TEST(PemBundle, IsKeyThenLeafThenIssuersByteForByte) {
  const auto bundle = PemBundle::make(data("key.pem"), data("chain.pem"));
  ASSERT_TRUE(bundle) << bundle.error().detail;
  EXPECT_EQ(bundle->text(), data("bundle.pem"));
  EXPECT_EQ(bundle->certificates(), 2u);
}

TEST(PemBundle, IsTheSameHoweverTheDocumentWasDressed) {
  const std::string plain = data("bundle.pem");
  const std::string parameters =
      "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  const std::string dressed[] = {
      replace_all(plain, "\n", "\r\n"),
      replace_all(plain, "\n", "\n\n"),
      replace_all(plain, "\n", "  \n\t"),
      "subject=CN = a.example\n" + plain + "trailing text",
      plain.substr(0, plain.size() - 1),
      parameters + plain,
      data("chain.pem") + data("key.pem"),
  };
  for (const std::string& document : dressed) {
    const auto bundle = PemBundle::parse(document);
    ASSERT_TRUE(bundle) << bundle.error().detail;
    EXPECT_EQ(bundle->text(), plain);
  }
}

TEST(PemBundle, HasNoLineThatWouldEndThePayload) {
  const auto bundle = PemBundle::parse(replace_all(data("bundle.pem"), "\n", "\r\n\r\n"));
  EXPECT_EQ(bundle->text().find("\n\n"), std::string::npos);
  EXPECT_EQ(bundle->text().find('\r'), std::string::npos);
  EXPECT_TRUE(bundle->text().ends_with("-----\n"));
}

TEST(PemBundle, RefusesAChainInTheWrongOrder) {
  const std::string chain = data("chain.pem");
  const auto bundle = PemBundle::make(data("key.pem"), block(chain, 1) + block(chain, 0));
  ASSERT_FALSE(bundle);
  EXPECT_THAT(bundle.error().detail, HasSubstr("issuer"));
}

TEST(PemBundle, RefusesCertificatesOfTwoChains) {
  EXPECT_FALSE(PemBundle::make(data("key.pem"), data("chain.pem") + block(data("other.pem"), 1)));
}

struct Refusal {
  std::string document;
  std::size_t line;
  std::string detail;
};

TEST(PemBundle, SaysWhereAndWhyItRefuses) {
  const std::string key = data("key.pem");
  const std::string chain = data("chain.pem");
  std::string cut = key + chain;
  cut.resize(cut.size() - 30);
  const std::string encrypted =
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE "
      "KEY-----\n";
  const Refusal refusals[] = {
      {"", 0, "no private key"},
      {chain, 0, "no private key"},
      {key, 0, "no certificate"},
      {key + key + chain, 6, "second private key"},
      {encrypted + chain, 2, "encrypted"},
      {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n" + chain,
       1,
       "encrypted"},
      {cut, 16, "does not end"},
      {key + "-----BEGIN CERTIFICATE-----\nAA*A\n-----END CERTIFICATE-----\n", 8, "not base64"},
      {key + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 6, "no certificate"},
      {key + "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", 7, "not base64"},
      {key + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END X509 CRL-----\n", 8, "another label"},
      {key + "-----BEGIN CERTIFICATE-----\n" + chain, 7, "does not end"},
      {key + "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n" + chain,
       6,
       "unknown label"},
      {std::string((1 << 20) + 1, 'x'), 0, "1 MiB"},
  };
  for (const Refusal& refusal : refusals) {
    const auto bundle = PemBundle::parse(refusal.document);
    ASSERT_FALSE(bundle) << refusal.detail;
    EXPECT_EQ(bundle.error().line, refusal.line) << bundle.error().detail;
    EXPECT_THAT(bundle.error().detail, HasSubstr(refusal.detail));
  }
}

TEST(PemBundle, NamesTheDocumentOfTwoThatItRefuses) {
  EXPECT_THAT(PemBundle::make("-----BEGIN X-----", data("chain.pem")).error().detail,
              HasSubstr("private key: "));
  EXPECT_THAT(PemBundle::make(data("key.pem"), "-----BEGIN X-----").error().detail,
              HasSubstr("chain: "));
  EXPECT_FALSE(PemBundle::make(data("bundle.pem"), data("chain.pem")));
  EXPECT_FALSE(PemBundle::make(data("key.pem"), data("bundle.pem")));
}

TEST(PemBundle, BoundsTheNumberOfCertificates) {
  std::string document = data("key.pem");
  for (int i = 0; i < 17; ++i) document += block(data("chain.pem"), 1);
  EXPECT_THAT(PemBundle::parse(document).error().detail, HasSubstr("more than 16 certificates"));
  for (int i = 0; i < 17; ++i) document += block(data("chain.pem"), 1);
  EXPECT_THAT(PemBundle::parse(document).error().detail, HasSubstr("more than 18 blocks"));
}

TEST(PemBundle, ReadsNothingBeyondADocumentCutAnywhere) {
  const std::string document = data("bundle.pem");
  for (std::size_t size = 0; size < document.size(); ++size) {
    const auto exact = std::make_unique<char[]>(size);  // so that ASan sees an overrun by one
    std::copy_n(document.begin(), size, exact.get());
    const auto bundle = PemBundle::parse(std::string_view(exact.get(), size));
    if (!bundle) continue;  // else it was cut between certificates, or lacks just the last LF
    EXPECT_TRUE(document.starts_with(bundle->text())) << size;
  }
}

}  // namespace
}  // namespace haproxy
