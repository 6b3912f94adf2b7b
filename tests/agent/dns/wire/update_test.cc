#include "agent/dns/wire/update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/dns/wire/captures.h"

namespace dns {
namespace {

using test::from_hex;
using test::name;

const Name& fqdn() {
  static const Name name = test::name("_acme-challenge.www.example.test");
  return name;
}

/// Ours is not compressed, theirs is: the same in meaning.
void expect_same_as(std::string_view capture, const TxtChange& change) {
  Message theirs = decode_message(from_hex(capture)).value();
  theirs.tsig.reset();
  const Bytes ours = encode_update(theirs.id, name("example.test"), {change}, 60);
  EXPECT_EQ(decode_message(ours).value(), theirs);
}

TEST(Update, AddsAsKnsupdateDoes) {
  expect_same_as(test::add_request, {TxtChange::Kind::add, fqdn(), std::string(test::value)});
}

TEST(Update, RemovesOneValueAsKnsupdateDoes) {
  expect_same_as(test::remove_request, {TxtChange::Kind::remove, fqdn(), std::string(test::value)});
}

TEST(Update, NeverRemovesAWholeSet) {
  const Bytes bytes =
      encode_update(1, name("example.test"), {{TxtChange::Kind::remove, fqdn(), "x"}}, 60);
  const Record record = decode_message(bytes)->authority.at(0);
  EXPECT_EQ(record.record_class, RecordClass::none);  // ANY would remove the sibling's value, too
  EXPECT_EQ(record.ttl, 0U);
  EXPECT_EQ(record.data, RecordData(Text{"x"}));
}

TEST(Update, TakesManyChangesInOneMessage) {
  std::vector<TxtChange> changes;
  for (std::size_t i = 0; i < max_changes; ++i) {
    changes.push_back({TxtChange::Kind::add, fqdn(), std::string(1024, 'x')});
  }
  const Bytes bytes = encode_update(1, name("example.test"), changes, 60);
  EXPECT_LT(bytes.size(), 65'535U - 1024);
  const Message message = decode_message(bytes).value();
  ASSERT_EQ(message.authority.size(), max_changes);
  EXPECT_EQ(message.authority.back().data, RecordData(Text{std::string(1024, 'x')}));
}

TEST(Update, EachRcodeHasItsAdvice) {
  EXPECT_EQ(update_advice(Rcode::no_error), UpdateAdvice::done);
  EXPECT_EQ(update_advice(Rcode::server_failure), UpdateAdvice::try_again);
  for (const Rcode rcode : {Rcode::refused,
                            Rcode::not_authoritative,
                            Rcode::not_in_zone,
                            Rcode::format_error,
                            Rcode::not_implemented,
                            static_cast<Rcode>(15)}) {
    EXPECT_EQ(update_advice(rcode), UpdateAdvice::ask_operator) << to_string(rcode);
  }
}

}  // namespace
}  // namespace dns
