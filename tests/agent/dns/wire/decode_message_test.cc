#include "agent/dns/wire/decode_message.h"

#include <algorithm>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/dns/wire/byte_writer.h"
#include "tests/agent/dns/wire/captures.h"

namespace dns {
namespace {

using test::from_hex;
using test::name;
using ::testing::HasSubstr;

// A reply about example.test, whose name is at offset 12, with `records` as its answer section.
Bytes reply_with(std::uint16_t answers, const std::string& records_hex) {
  ByteWriter message;
  message.u16(0x1234).u16(0x8580).u16(1).u16(answers).u16(0).u16(0);
  message.name(name("example.test")).type(RecordType::txt).record_class(RecordClass::in);
  message.raw(from_hex(records_hex));
  return message.take();
}

RecordData data_of(const std::string& record_hex) {
  return decode_message(reply_with(1, record_hex)).value().answers.at(0).data;
}

TEST(DecodeMessage, ReadsTheReplyOfARealServerToAnUpdate) {
  const Message reply = decode_message(from_hex(test::add_reply)).value();
  EXPECT_EQ(reply.id, 0xf2c1);
  EXPECT_TRUE(reply.is_reply);
  EXPECT_EQ(reply.opcode, 5);
  EXPECT_EQ(reply.rcode, Rcode::no_error);
  EXPECT_EQ(reply.questions.at(0).name, name("example.test"));
  ASSERT_TRUE(reply.tsig);
  EXPECT_EQ(reply.tsig->key, name("acme.key"));
  EXPECT_EQ(reply.tsig->time_signed, 0x6b083089U);
  EXPECT_EQ(reply.tsig->fudge, 300);
  EXPECT_EQ(reply.tsig->mac.size(), 32U);
}

TEST(DecodeMessage, ReadsTheDataOfEachType) {
  EXPECT_EQ(data_of("c00c000100010000003c0004c0000201"), RecordData(Address{"192.0.2.1"}));
  EXPECT_EQ(data_of("c00c001c00010000003c001020010db8000000000000000000000001"),
            RecordData(Address{"2001:db8::1"}));
  EXPECT_EQ(data_of("c00c000200010000003c0006036e7331c00c"), RecordData(name("ns1.example.test")));
  EXPECT_EQ(data_of("c00c000500010000003c0002c00c"), RecordData(name("example.test")));
  EXPECT_EQ(data_of("c00c001000010000003c00050261620163"), RecordData(Text{"abc"}));
  EXPECT_EQ(data_of("c00c010100010000003c000b8005697373756563612e74"),
            RecordData(Caa{.flags = 128, .tag = "issue", .value = "ca.t"}));
  EXPECT_EQ(data_of("c00c000600010000003c001b036e7331c00c0000000007"
                    "00000001000000020000000300000004"),
            RecordData(Soa{name("ns1.example.test"), 7}));
  EXPECT_EQ(data_of("c00c006300010000003c0003010203"), RecordData(Opaque{}));
}

TEST(DecodeMessage, ReadsTheHeaderAndTheOwner) {
  const Message reply =
      decode_message(reply_with(1, "03777777c00c000100010000003c0004c0000201")).value();
  EXPECT_EQ(reply.id, 0x1234);
  EXPECT_TRUE(reply.is_authoritative);
  EXPECT_FALSE(reply.is_truncated);
  EXPECT_EQ(reply.answers.at(0).owner, name("www.example.test"));
  EXPECT_EQ(reply.answers.at(0).ttl, 60U);
}

TEST(DecodeMessage, APointerThatDoesNotGoBackwardsIsRefused) {
  // The record begins at offset 30: at itself, forwards, and back to a label before the pointer.
  for (const char* record : {"c01e000100010000003c0004c0000201",
                             "c0ff000100010000003c0004c0000201",
                             "0161c01e000100010000003c0004c0000201"}) {
    EXPECT_THAT(decode_message(reply_with(1, record)).error(), HasSubstr("answer section"));
  }
}

TEST(DecodeMessage, RefusesDataThatIsShorterOrLongerThanItsType) {
  for (const char* record : {"c00c000100010000003c0003c00002",
                             "c00c000100010000003c0005c000020101",
                             "c00c001000010000003c0003056162",
                             "c00c000200010000003c0003036e73",
                             "c00c010100010000003c00028000"}) {
    EXPECT_FALSE(decode_message(reply_with(1, record))) << record;
  }
}

TEST(DecodeMessage, RefusesBytesAfterTheEnd) {
  EXPECT_THAT(decode_message(reply_with(0, "00")).error(), HasSubstr("follow the last record"));
}

TEST(DecodeMessage, NothingMayFollowATsig) {
  Bytes bytes = from_hex(test::add_reply);
  const auto tsig = std::span(bytes).subspan(decode_message(bytes)->tsig->offset);
  const Bytes again(tsig.begin(), tsig.end());
  bytes.insert(bytes.end(), again.begin(), again.end());
  bytes[11] = std::byte{2};
  EXPECT_THAT(decode_message(bytes).error(), HasSubstr("additional section"));
}

TEST(DecodeMessage, ATruncatedReplyMayEndBetweenRecords) {
  Bytes bytes = reply_with(5, "c00c000100010000003c0004c0000201");
  EXPECT_FALSE(decode_message(bytes));
  bytes[2] |= std::byte{2};
  EXPECT_EQ(decode_message(bytes)->answers.size(), 1U);
}

TEST(DecodeMessage, CutAnywhereItIsRefused) {
  for (const std::string_view hex : {test::add_request, test::add_reply, test::unknown_key_reply}) {
    const Bytes whole = from_hex(hex);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      // A block of its own, so that a sanitizer sees one byte too many being read.
      const auto cut = std::make_unique<std::byte[]>(size);
      std::copy_n(whole.begin(), size, cut.get());
      EXPECT_FALSE(decode_message({cut.get(), size})) << size;
    }
  }
}

}  // namespace
}  // namespace dns
