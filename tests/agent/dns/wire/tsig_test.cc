#include "agent/dns/wire/tsig.h"

#include <algorithm>
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "agent/dns/wire/byte_writer.h"
#include "tests/agent/dns/wire/captures.h"

namespace dns {
namespace {

using namespace std::chrono_literals;
using test::capture_time;
using test::from_hex;
using test::key;

struct Exchange {
  Bytes request_mac;
  Bytes reply;
};

Exchange captured_add() {
  return {decode_message(from_hex(test::add_request))->tsig->mac, from_hex(test::add_reply)};
}

base::Result<void, TsigError> check(const Exchange& exchange,
                                    const TsigKey& by,
                                    base::WallTime now = capture_time) {
  return verify(
      exchange.reply, decode_message(exchange.reply).value(), by, exchange.request_mac, now);
}

TsigErrc code_of(const base::Result<void, TsigError>& outcome) {
  return outcome.error().code;
}

/// The captured message without its TSIG.
Bytes unsigned_message(std::string_view hex) {
  Bytes bytes = from_hex(hex);
  bytes.resize(decode_message(bytes)->tsig->offset);
  bytes[11] = std::byte{0};
  return bytes;
}

TEST(Tsig, SignsByteForByteAsKnsupdateDoes) {
  for (const auto& [capture, by] :
       {std::pair(test::add_request, key()),
        std::pair(test::remove_request, key()),
        std::pair(test::unknown_key_request, key("other.key", "hmac-sha512"))}) {
    const SignedMessage message = sign(unsigned_message(capture), by, capture_time + 999ms);
    EXPECT_EQ(base::encode_hex(message.bytes), capture);
  }
}

TEST(Tsig, Sha384IsWhatOpenSslMakesOfTheSameInput) {
  const Bytes message = unsigned_message(test::add_request);
  ByteWriter input;
  input.raw(message).raw(
      from_hex("0461636d65036b657900"
               "00ff"
               "00000000"));
  input.raw(
      from_hex("0b686d61632d73686133383400"
               "00006b083089"
               "012c"
               "0000"
               "0000"));
  std::array<unsigned char, 48> expected{};
  const std::string secret = "1234567890abcdef1234567890abcdef";
  HMAC(EVP_sha384(),
       secret.data(),
       static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(input.bytes().data()),
       input.bytes().size(),
       expected.data(),
       nullptr);
  const SignedMessage ours = sign(message, key("acme.key", "hmac-sha384"), capture_time);
  EXPECT_EQ(base::encode_hex(ours.mac), base::encode_hex(std::as_bytes(std::span(expected))));
}

TEST(Tsig, BelievesTheReplyOfARealServer) {
  EXPECT_TRUE(check(captured_add(), key()));
}

TEST(Tsig, BelievesNoReplyOfWhichOneBitIsOther) {
  const Exchange captured = captured_add();
  // From behind the question on it is the TSIG, whose lengths decide whether it is one at all.
  for (std::size_t at = 0; at < captured.reply.size(); ++at) {
    Exchange changed = captured;
    changed.reply[at] ^= std::byte{1};
    const auto reply = decode_message(changed.reply);
    if (!reply) continue;
    // The id is that of the transport: the original one counts.
    if (at < 2) continue;
    EXPECT_FALSE(verify(changed.reply, *reply, key(), changed.request_mac, capture_time)) << at;
  }
}

TEST(Tsig, BelievesNoReplyToAnotherRequest) {
  Exchange other = captured_add();
  other.request_mac.back() ^= std::byte{1};
  EXPECT_EQ(code_of(check(other, key())), TsigErrc::bad_mac);
}

TEST(Tsig, BelievesNoReplyByAnotherKey) {
  EXPECT_EQ(code_of(check(captured_add(), key("other.key"))), TsigErrc::wrong_key);
  EXPECT_EQ(code_of(check(captured_add(), key("acme.key", "hmac-sha512"))), TsigErrc::wrong_key);
  TsigKey same_name = key();
  same_name.secret.back() ^= std::byte{1};
  EXPECT_EQ(code_of(check(captured_add(), same_name)), TsigErrc::bad_mac);
}

TEST(Tsig, BelievesAReplyWithinItsFudgeOnly) {
  EXPECT_TRUE(check(captured_add(), key(), capture_time + 300s));
  EXPECT_TRUE(check(captured_add(), key(), capture_time - 300s));
  EXPECT_EQ(code_of(check(captured_add(), key(), capture_time + 301s)), TsigErrc::wrong_time);
  EXPECT_EQ(code_of(check(captured_add(), key(), capture_time - 301s)), TsigErrc::wrong_time);
}

TEST(Tsig, AReplyWithoutTsigIsNotBelieved) {
  EXPECT_EQ(code_of(check({{}, unsigned_message(test::add_reply)}, key())), TsigErrc::missing);
}

TEST(Tsig, SaysThatTheServerDoesNotKnowTheKey) {
  const Exchange captured{decode_message(from_hex(test::unknown_key_request))->tsig->mac,
                          from_hex(test::unknown_key_reply)};
  EXPECT_EQ(code_of(check(captured, key("other.key", "hmac-sha512"))), TsigErrc::server_bad_key);
}

TEST(Tsig, ReadsBothFormsOfAKey) {
  const std::string secret(test::secret_base64);
  const TsigKey expected = key();
  EXPECT_EQ(expected.secret,
            from_hex("3132333435363738393061626364656631323334353637383930616263646566"));
  for (const std::string& text :
       {"key \"acme.key\" {\n\talgorithm hmac-sha256;\n\tsecret \"" + secret + "\";\n};\n",
        "# made by tsig-keygen\nkey acme.key. { secret \"" + secret +
            "\"; algorithm HMAC-SHA256; }; // done",
        "/* a */ key \"acme.key\"{algorithm hmac-sha256.;secret " + secret + ";};",
        "hmac-sha256:acme.key:" + secret,
        "\n hmac-sha256:acme.key.:" + secret + "\n"}) {
    const auto parsed = parse_tsig_key(text);
    ASSERT_TRUE(parsed) << text << parsed.error();
    EXPECT_EQ(*parsed, expected) << text;
  }
}

TEST(Tsig, SaysWhatIsWrongWithAKey) {
  const std::string secret(test::secret_base64);
  const auto error = [](const std::string& text) { return parse_tsig_key(text).error(); };
  EXPECT_THAT(error("hmac-md5:a:" + secret), testing::HasSubstr("'hmac-md5' is not known"));
  EXPECT_THAT(error("hmac-sha256:a b:" + secret), testing::HasSubstr("the key's name"));
  EXPECT_EQ(error("hmac-sha256:a:abc"), "the secret is no base64");
  EXPECT_EQ(error("hmac-sha256:a:"), "the secret is no base64");
  EXPECT_THAT(error("nonsense"), testing::HasSubstr("neither"));
  EXPECT_THAT(error(""), testing::HasSubstr("neither"));
  EXPECT_THAT(error("key \"a\" { algorithm hmac-sha256; };"), testing::HasSubstr("expected: key"));
  EXPECT_THAT(error("key \"a\" { algorithm"), testing::HasSubstr("expected: key"));
  // Not a word of the secret in a message that may be logged.
  EXPECT_THAT(error("key \"a\" { algorithm x; secret \"" + secret + "\"; };"),
              testing::Not(testing::HasSubstr(secret)));
}

}  // namespace
}  // namespace dns
