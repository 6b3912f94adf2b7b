#include "acme/renewal_info.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime start = std::chrono::sys_days{2030y / 1 / 2};
constexpr base::WallTime end = std::chrono::sys_days{2030y / 1 / 4};

CertificateInfo certificate(const std::string& authority_key_id, const std::string& serial) {
  CertificateInfo info;
  info.authority_key_id = authority_key_id;
  info.serial = serial;
  return info;
}

std::string document(const std::string& window, const std::string& more = "") {
  return R"({"suggestedWindow":)" + window + more + "}";
}

// RFC 9773 §4.1
TEST(CertIdOf, TheRfcsExampleIsTheRfcs) {
  EXPECT_EQ(cert_id(certificate("69885B6B87464041E1B37B847BA0AE2CDE01C8D4", "87654321")),
            CertId("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"));
}

TEST(CertIdOf, ASerialWithoutItsTopBitHasNoLeadingZero) {
  EXPECT_EQ(cert_id(certificate("69885B", "7F65")), CertId("aYhb.f2U"));
}

TEST(CertIdOf, ACertificateWithoutAuthorityKeyIdDoesNotExist) {
  EXPECT_EQ(cert_id(certificate("", "87654321")), std::nullopt);
}

TEST(CertIdOf, ARealCertificateHasItsSerialAfterTheDot) {
  const base::WallTime now = fakes::FakeClock().wall();
  const fakes::TestCa ca(now);
  const PrivateKey key = PrivateKey::generate(KeyType::ecdsa_p256).value();
  fakes::LeafWish wish{{"a.example"}, now - 1h, now + 24h};
  wish.serial_hex = "87654321";
  const auto chain = parse_chain(ca.issue(key.handle().pkey.get(), wish)).value();
  const std::string id = cert_id(chain.front()).value().value();
  EXPECT_EQ(id.substr(id.find('.')), ".AIdlQyE");
  EXPECT_EQ(id.find('.'), 27U) << "20 bytes of key identifier";
}

TEST(RenewalInfoDocument, HasAWindowAndPerhapsAnExplanation) {
  const std::string window = R"({"start":"2030-01-02T00:00:00Z","end":"2030-01-04T00:00:00Z"})";
  EXPECT_EQ(parse_renewal_info(document(window)).value(), (RenewalInfo{start, end, ""}));
  EXPECT_EQ(
      parse_renewal_info(document(window, R"(,"explanationURL":"https://ca.example/why","x":1)"))
          .value(),
      (RenewalInfo{start, end, "https://ca.example/why"}));
}

TEST(RenewalInfoDocument, IsNotLostForAnExplanationThatIsNoUrl) {
  const std::string window = R"({"start":"2030-01-02T00:00:00Z","end":"2030-01-04T00:00:00Z"})";
  for (const char* url : {R"("javascript:x")", "7", R"("https://ca.example/\n")"}) {
    const auto info =
        parse_renewal_info(document(window, std::string(",\"explanationURL\":") + url));
    EXPECT_EQ(info.value().explanation_url, "") << url;
  }
}

TEST(RenewalInfoDocument, ThatMakesNoSenseIsABadResponse) {
  for (const std::string& json :
       {std::string(),
        std::string("[]"),
        std::string("{}"),
        document("null"),
        document("{}"),
        document(R"({"start":"2030-01-02T00:00:00Z"})"),
        document(R"({"start":"2030-01-02T00:00:00Z","end":7})"),
        document(R"({"start":"2030-01-02","end":"2030-01-04"})"),
        document(R"({"start":"2030-01-02T00:00:00Z","end":"2030-01-02T00:00:00Z"})"),
        document(R"({"start":"2030-01-04T00:00:00Z","end":"2030-01-02T00:00:00Z"})")}) {
    const auto info = parse_renewal_info(json);
    ASSERT_FALSE(info) << json;
    EXPECT_EQ(info.error().code, Errc::bad_response);
  }
}

TEST(RenewalInstant, IsUniformInTheWindow) {
  const RenewalInfo info{start, end, ""};
  EXPECT_EQ(renewal_instant(info, 0), start);
  EXPECT_EQ(renewal_instant(info, 0.25), start + 12h);
  EXPECT_LE(renewal_instant(info, 0.9999999999999999), end);
}

TEST(RenewalCheckDelay, IsTheAuthoritysWithinAMinuteAndADay) {
  EXPECT_EQ(renewal_check_delay(0s), 1min);
  EXPECT_EQ(renewal_check_delay(21600s), 6h);
  EXPECT_EQ(renewal_check_delay(24h * 30), 24h);
  EXPECT_EQ(renewal_check_delay(std::nullopt), 6h);
}

TEST(RenewalCheckBackoff, DoublesFromAMinuteToSixHoursForWhatPasses) {
  for (const Errc code : {Errc::connection_failed, Errc::timeout, Errc::server_internal}) {
    const Error error{.code = code, .context = {}, .detail = {}};
    EXPECT_EQ(renewal_check_backoff(error, 1), 1min);
    EXPECT_EQ(renewal_check_backoff(error, 2), 2min);
    EXPECT_EQ(renewal_check_backoff(error, 9), 256min);
    EXPECT_EQ(renewal_check_backoff(error, 10), 6h);
    EXPECT_EQ(renewal_check_backoff(error, 1'000'000), 6h);
  }
}

TEST(RenewalCheckBackoff, IsSixHoursForWhatStays) {
  for (const Errc code :
       {Errc::unknown_problem, Errc::malformed, Errc::bad_response, Errc::tls_failed}) {
    EXPECT_EQ(renewal_check_backoff({.code = code, .context = {}, .detail = {}}, 1), 6h);
  }
}

TEST(RenewalCheckBackoff, IsTheAuthoritysIfItNamesOne) {
  Error error{.code = Errc::server_internal, .context = {}, .detail = {}, .retry_after = 600s};
  EXPECT_EQ(renewal_check_backoff(error, 5), 10min);
  error.retry_after = 1s;
  EXPECT_EQ(renewal_check_backoff(error, 5), 1min);
}

}  // namespace
}  // namespace acme
