#include "agent/issuer/record_debts.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

RecordDebt debt(const std::string& name, int since) {
  return {{acme::Identifier(*base::DomainName::parse(name)),
           "_acme-challenge." + name,
           "value-of-" + name,
           *acme::Token::parse("token-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
           acme::KeyAuthorization("token.thumbprint")},
          base::WallTime(std::chrono::milliseconds(since))};
}

TEST(RecordDebts, AreReadAsTheyWereWritten) {
  const std::vector<RecordDebt> debts = {debt("a.example", 1), debt("*.b.example", 1'900'000)};
  const std::vector<RecordDebt> read = parse_record_debts(encode_record_debts(debts));
  ASSERT_EQ(read.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read[i].answer, debts[i].answer);
    EXPECT_EQ(read[i].since, debts[i].since);
  }
}

TEST(RecordDebts, LeaveOutWhatIsDamaged) {
  const std::string good = encode_record_debts({debt("a.example", 1)});
  EXPECT_EQ(parse_record_debts("").size(), 0U);
  EXPECT_EQ(parse_record_debts("x\n1 2 3\n" + good + "\n1 a b c d e f\n" + good).size(), 2U);
  for (std::size_t cut = 0; cut + 1 < good.size(); ++cut) parse_record_debts(good.substr(0, cut));
  EXPECT_EQ(parse_record_debts("x" + good).size(), 0U);
}

TEST(RecordDebts, AreNoMoreThanTheMost) {
  std::vector<RecordDebt> debts;
  for (int i = 0; i < 1'100; ++i) debts.push_back(debt("n" + std::to_string(i) + ".example", i));
  EXPECT_EQ(parse_record_debts(encode_record_debts(debts)).size(), RecordDebts::most);
}

}  // namespace
}  // namespace agent
