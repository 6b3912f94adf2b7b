#include "tests/agent/store/store_conformance.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

BudgetEntry account_budget(base::WallTime full_at) {
  return {"le", {LimitKind::new_orders, ""}, {full_at + 1us, {}, {}}};
}

std::vector<BudgetEntry> budgets(Store& store, base::WallTime now = start) {
  return store.budgets(now).value();
}

std::vector<std::string> due(Store& store,
                             const std::vector<DueQuery>& queries,
                             base::WallTime now = start) {
  std::vector<std::string> texts;
  const auto found = store.due_hostnames(now, queries).value();
  for (const DueHostname& one : found) texts.push_back(one.hostname.name.text());
  return texts;
}

OrderFailure blame(const std::string& text) {
  OrderFailure failure{"the order", start + 1h, false, {}};
  failure.names.push_back({*base::DomainName::parse(text), "NXDOMAIN", start + 1min, false});
  return failure;
}

TEST_P(StoreConformance, BudgetsAreStoredWithTheOrdersTheyAreFor) {
  add({"a.example.org"});
  const std::vector<BudgetEntry> charges = {account_budget(start + 36s)};
  const std::vector<NewOrder> orders = {{"le", names({"a.example.org"}), "", Exemption::same_set}};
  ASSERT_TRUE(store().create_orders(orders, start, charges));
  reopen();
  EXPECT_EQ(budgets(store()), charges);
  EXPECT_EQ(store().open_orders().value().at(0).exemption, Exemption::same_set);
}

TEST_P(StoreConformance, BudgetsAreStoredWithAFailure) {
  add({"a.example.org"});
  const std::vector<BudgetEntry> charges = {account_budget(start + 36s)};
  const OrderId order = order_for({"a.example.org"}).id;
  ASSERT_TRUE(store().fail_order(order, {"no", start + 1min}, start, charges));
  EXPECT_EQ(budgets(store()), charges);
  EXPECT_FALSE(
      store().fail_order(order, {"no", start}, start, std::vector{account_budget(start + 1h)}));
  EXPECT_EQ(budgets(store()), charges) << "what failed has changed nothing";
}

TEST_P(StoreConformance, BudgetsAreForgottenOnceTheyAreFullButNotWhatTheAuthorityHasTaught) {
  BudgetEntry learned{"le", {LimitKind::certificates_per_domain, "example.org"}, {start, {}, {}}};
  learned.state.learned = RateLimit{500, 168h};
  BudgetEntry queue{"le", {LimitKind::certificates_per_domain, "b.org"}, {start, start + 2h, {}}};
  const std::vector<BudgetEntry> all = {account_budget(start + 1h), learned, queue};
  ASSERT_TRUE(store().save_budgets(all, start));
  EXPECT_THAT(budgets(store()), UnorderedElementsAre(all[0], all[1], all[2]));
  EXPECT_THAT(budgets(store(), start + 90min), UnorderedElementsAre(learned, queue));
  ASSERT_TRUE(store().save_budgets(std::vector{learned}, start + 3h));
  EXPECT_THAT(budgets(store(), start), ElementsAre(learned)) << "the others are gone";
}

TEST_P(StoreConformance, OneBudgetIsFoundByItsKey) {
  BudgetEntry entry = account_budget(start + 36s);
  entry.key = {LimitKind::certificates_per_domain, "example.org"};
  entry.state.learned = RateLimit{7, 24h};
  ASSERT_TRUE(store().save_budgets({&entry, 1}, start));
  EXPECT_EQ(store().budget("le", entry.key).value(), entry.state);
  EXPECT_EQ(store().budget("other", entry.key).value(), BudgetState());
  EXPECT_EQ(store().budget("le", {LimitKind::new_orders, "example.org"}).value(), BudgetState());
}

TEST_P(StoreConformance, OnlyTheUrgenciesAskedForAreDue) {
  add({"new.example.org", "newer.example.org", "failed.example.org"});
  issue("old.example.org");
  ASSERT_TRUE(store().fail_order(order_for({"failed.example.org"}).id, {"no", start}, start));
  ASSERT_TRUE(store().postpone(std::vector<Postponement>{{name("old.example.org"), start}}));
  EXPECT_THAT(due(store(), {{Urgency::renewal, 5}, {Urgency::retry, 5}}),
              ElementsAre("old.example.org", "failed.example.org"));
  EXPECT_THAT(due(store(), {{Urgency::person_waits, 1}}), ElementsAre("new.example.org"));
  EXPECT_EQ(store().next_due(Urgency::person_waits).value(), start);
  EXPECT_EQ(store().next_due(Urgency::charged_renewal).value(), std::nullopt);
}

TEST_P(StoreConformance, ARenewalThatWaitsForATokenIsMovedToThoseThatDo) {
  issue("a.example.org");
  const Postponement moved{name("a.example.org"), start, Postponement::Wait::new_order_token};
  ASSERT_TRUE(store().postpone(std::vector{moved}));
  EXPECT_THAT(due(store(), {{Urgency::renewal, 5}}), IsEmpty());
  EXPECT_THAT(due(store(), {{Urgency::charged_renewal, 5}}), ElementsAre("a.example.org"));
}

TEST_P(StoreConformance, CountsWhatIsDueAsFarAsAsked) {
  add({"a.example.org", "b.example.org", "c.example.org"});
  EXPECT_EQ(store().count_due(Urgency::person_waits, start, 100).value(), 3u);
  EXPECT_EQ(store().count_due(Urgency::person_waits, start, 2).value(), 2u);
  EXPECT_EQ(store().count_due(Urgency::person_waits, start - 1s, 100).value(), 0u);
  EXPECT_EQ(store().count_due(Urgency::retry, start, 100).value(), 0u);
}

TEST_P(StoreConformance, ADeadNameOfAnOrderCostsOneName) {
  add({"a.example.org", "dead.example.org", "z.example.org"});
  const OrderId order = order_for({"a.example.org", "dead.example.org", "z.example.org"}).id;
  add({"later.example.org"});
  ASSERT_TRUE(store().fail_order(order, blame("dead.example.org"), start + 5s));
  const Hostname dead = detail("dead.example.org").hostname;
  EXPECT_EQ(dead.failures, 1u);
  EXPECT_EQ(dead.last_error, "NXDOMAIN");
  EXPECT_EQ(dead.next_attempt, start + 1min);
  EXPECT_EQ(detail("a.example.org").hostname.failures, 0u);
  EXPECT_EQ(detail("a.example.org").hostname.last_error, "");
  EXPECT_THAT(due(store(), {{Urgency::person_waits, 5}}, start + 5s),
              ElementsAre("a.example.org", "z.example.org", "later.example.org"));
}

TEST_P(StoreConformance, NamesThatShareACertificateAreDueTogether) {
  add({"a.example.org", "b.example.org", "c.example.org"});
  const OrderId order = order_for({"a.example.org", "b.example.org", "c.example.org"}).id;
  CertificateBundle bundle = bundle_for({"a.example.org", "b.example.org", "c.example.org"});
  const CertificateId id = store().finish_order(order, bundle, start).value();
  const base::WallTime renewal = bundle.certificate.renew_at;
  EXPECT_EQ(detail("c.example.org").hostname.certificate, id);
  const auto found = store().due_hostnames(renewal, std::vector<DueQuery>{{Urgency::renewal, 1}});
  EXPECT_EQ(found.value().at(0).together,
            names({"a.example.org", "b.example.org", "c.example.org"}));
  remove({"b.example.org"});
  EXPECT_EQ(store().due_hostnames(renewal, 1).value().at(0).together,
            names({"a.example.org", "c.example.org"}));
  ASSERT_TRUE(store().fail_order(
      order_for({"a.example.org", "c.example.org"}, renewal).id, blame("c.example.org"), renewal));
  EXPECT_EQ(store().due_hostnames(renewal, 1).value().at(0).together, names({"a.example.org"}));
}

TEST_P(StoreConformance, NamesThatWaitForABudgetAreNotRescued) {
  add({"a.example.org"});
  const Postponement put_off{name("a.example.org"), start + 3h};
  ASSERT_TRUE(store().postpone(std::vector{put_off}));
  EXPECT_EQ(store().rescue_attempts(start, 24h * 8, 24h).value(), 0u);
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, start + 3h);
}

}  // namespace
}  // namespace agent
