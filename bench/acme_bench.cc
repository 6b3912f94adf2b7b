// What the planning of 100,000 hostnames costs and reaches, as one JSON object: simulations of a
// default account at Let's Encrypt, then a real database with 100,000 certificates, opened again as
// a restart does, and the scheduler's look at it. The argument is a folder for the database.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "agent/planner/planner.h"
#include "agent/simulation/simulation.h"
#include "agent/store/sqlite_store.h"
#include "base/clock.h"
#include "base/random.h"

namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::size_t certificates = 100'000;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

template <class T>
T checked(agent::StoreResult<T> result) {
  if (!result) give_up(result.error().detail);
  return *std::move(result);
}

void simulate(const char* name, std::size_t names_per_certificate, double dead, int days) {
  agent::SimulationOptions options;
  options.limits = agent::limits_of(agent::LimitPreset::letsencrypt, "");
  options.packing.names_per_certificate = names_per_certificate;
  options.dead = dead;
  options.days = std::chrono::days(days);
  const auto start = Steady::now();
  const agent::SimulationResult result = agent::simulate(options);
  const double hours = result.all_served_after
                           ? static_cast<double>(result.all_served_after->count()) / 3'600'000
                           : 1e9;
  std::printf(
      "\"%s\": {\"hours\": %.3f, \"bucket_used\": %.4f, \"refusals\": %llu, "
      "\"wall_seconds\": %.2f}, ",
      name,
      hours,
      result.bucket_used,
      static_cast<unsigned long long>(result.refusals),
      seconds_since(start));
}

base::DomainName name_of(std::size_t i) {
  return *base::DomainName::parse("n" + std::to_string(i) + ".example.org");
}

agent::CertificateBundle bundle_of(std::size_t i, base::WallTime now) {
  agent::CertificateBundle bundle;
  bundle.certificate.authority = "le";
  bundle.certificate.names = {name_of(i)};
  bundle.certificate.serial = std::to_string(i);
  bundle.certificate.not_before = now;
  bundle.certificate.not_after = now + 24h * 90;
  bundle.certificate.renew_at = now + 24h * 60 + std::chrono::minutes(i % 10'000);
  bundle.certificate.bundle_path = std::to_string(i) + ".pem";
  bundle.chain_pem = std::string(3500, 'c');
  bundle.private_key_pem = std::string(240, 'k');
  return bundle;
}

void issue_some(agent::Store& store, std::size_t begin, std::size_t end, base::WallTime now) {
  std::vector<agent::HostnameSettings> hostnames;
  std::vector<agent::NewOrder> orders;
  for (std::size_t i = begin; i < end; ++i) {
    hostnames.push_back({name_of(i)});
    orders.push_back({"le", {name_of(i)}});
  }
  checked(store.add_hostnames(hostnames, now));
  const auto created = checked(store.create_orders(orders, now));
  for (std::size_t i = begin; i < end; ++i) {
    checked(store.finish_order(created[i - begin].id, bundle_of(i, now), now));
  }
}

void fill(agent::Store& store, base::WallTime now) {
  constexpr std::size_t batch = 5'000;
  for (std::size_t begin = 0; begin < certificates; begin += batch) {
    const auto together =
        store.commit_together([&] { issue_some(store, begin, begin + batch, now); });
    if (!together) give_up(together.error().detail);
  }
  // As many that wait for their first certificate.
  std::vector<agent::HostnameSettings> waiting;
  for (std::size_t i = 0; i < certificates; ++i) waiting.push_back({name_of(certificates + i)});
  checked(store.add_hostnames(waiting, now));
}

double resident_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

/// Milliseconds of one look of the scheduler while the account's bucket is empty.
double tick(agent::Store& store, const agent::Budgets& budgets, base::WallTime now) {
  constexpr int ticks = 1'000;
  const auto start = Steady::now();
  for (int i = 0; i < ticks; ++i) {
    const std::vector<const agent::Budgets*> open = {&budgets};
    const auto queries = agent::due_queries(open, 32, 1, now);
    checked(store.due_hostnames(now, queries));
    for (const agent::Urgency urgency : agent::all_urgencies) checked(store.next_due(urgency));
  }
  return seconds_since(start);
}

agent::Budgets empty_budgets(base::WallTime now) {
  agent::Budgets budgets("le", agent::limits_of(agent::LimitPreset::letsencrypt, ""));
  agent::BudgetDraft draft(budgets, now);
  draft.refuse({}, std::nullopt, now + 1h);
  budgets.apply(draft.entries(), now);
  return budgets;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) give_up("usage: acme_bench FOLDER");
  const std::string folder = argv[1];
  std::printf("{");
  simulate("one_name", 1, 0, 60);
  simulate("hundred_names", 100, 0, 2);
  simulate("half_dead", 1, 0.5, 60);
  base::SystemRandom random;
  const auto sealer = checked(agent::Sealer::load_or_create(folder + "/key", random));
  const auto open = [&] {
    return checked(agent::SqliteStore::open(
        checked(agent::sqlite::Connection::open(folder + "/store.db")), *sealer));
  };
  const base::WallTime now = base::SystemClock().wall();
  fill(*open(), now);
  const auto start = Steady::now();
  const auto store = open();
  std::size_t rows = 0;
  const auto read = store->for_each_lookup_row([&rows](const agent::LookupRow&) { ++rows; });
  if (!read || rows != 2 * certificates) give_up("the store lost hostnames");
  checked(store->budgets(now));
  checked(store->open_orders());
  checked(store->rescue_attempts(now, 24h * 8, 24h));
  std::printf("\"ready_seconds\": %.3f, ", seconds_since(start));
  std::printf("\"tick_ms\": %.4f, ", tick(*store, empty_budgets(now), now));
  std::printf("\"resident_mb\": %.1f}\n", resident_megabytes());
}
