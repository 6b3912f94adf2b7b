#include "agent/simulation/simulation.h"

#include <algorithm>
#include <array>
#include <queue>
#include <random>
#include <set>
#include <unordered_map>
#include <utility>

#include "agent/planner/planner.h"
#include "agent/planner/registered_domain.h"
#include "agent/planner/renewal_time.h"
#include "agent/planner/retry_time.h"
#include "agent/simulation/model_ca.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr base::WallTime start = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
constexpr std::uint32_t nothing = UINT32_MAX;
constexpr const char* account = "account";

/// A hostname, as much as the store would know of it.
struct Name {
  base::DomainName name;
  base::WallTime next_attempt{};
  std::uint32_t certificate = nothing;
  std::uint32_t failures = 0;
  Urgency urgency = Urgency::person_waits;
  bool is_dead = false;
  bool is_ordered = false;
};

struct SimulatedCertificate {
  base::WallTime not_after{};
  base::WallTime renew_at{};
  base::WallTime window_start{};
  base::WallTime window_end{};
  std::vector<std::uint32_t> names{};  ///< as ordered
  std::size_t authority = 0;
};

struct SimulatedOrder {
  std::size_t authority = 0;
  ModelCa::Order request;
  std::vector<std::uint32_t> names;
  Exemption exemption = Exemption::none;
  base::WallTime arrival{};
};

/// What it really has, and what we think that it has.
struct Site {
  ModelCa ca;
  Budgets budgets;
  std::uint64_t tokens_used = 0;
  SimulatedAuthority counts{};
};

enum class Step { arrives, ends };
struct Event {
  base::WallTime at{};
  std::uint32_t order = 0;
  Step step = Step::arrives;
  friend auto operator<=>(const Event&, const Event&) = default;
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : options_(options), end_(start + options.days), engine_(options.seed) {
    sites_.reserve(1 + options.fail_over.size());  // the policy points into it
    add_site(options.authority, options.limits, options.real_limits.value_or(options.limits));
    for (const SimulatedFailOver& next : options.fail_over) {
      add_site(next.authority, next.limits, next.limits);
    }
    add_names();
  }

  SimulationResult run() {
    while (now_ < end_) {
      while (!events_.empty() && events_.top().at <= now_) take_event();
      place_due();
      advance_to(std::max(next_time(), now_ + 1ms));
    }
    return finish();
  }

 private:
  using Queue = std::set<std::pair<base::WallTime, std::uint32_t>>;

  void add_site(const std::string& name, const AuthorityLimits& limits, AuthorityLimits real) {
    Site& site = sites_.emplace_back(Site{ModelCa(real), Budgets(name, limits)});
    site.counts.name = name;
    budgets_.push_back(&site.budgets);
    AuthorityChoice& choice = policy_.authorities.emplace_back();
    choice.name = name;
    choice.budgets = &site.budgets;
    if (options_.has_renewal_info) choice.account = account;
  }

  std::size_t site_of(const std::string& authority) const {
    std::size_t index = 0;
    while (sites_[index].counts.name != authority) ++index;
    return index;
  }

  void add_names() {
    names_.reserve(options_.names);
    waiting_ = options_.names;
    for (std::uint64_t i = 0; i < options_.names; ++i) {
      const std::string domain = "d" + std::to_string(i / options_.names_per_domain) + ".example";
      const std::string text = "n" + std::to_string(i) + "." + domain;
      names_.push_back({*base::DomainName::parse(text), start});
      ids_.emplace(text, static_cast<std::uint32_t>(i));
      // Spread evenly over the queue.
      const double before = static_cast<double>(i) * options_.dead;
      names_.back().is_dead = std::uint64_t(before + options_.dead) != std::uint64_t(before);
      if (names_.back().is_dead) --waiting_;
      enqueue(static_cast<std::uint32_t>(i), start, Urgency::person_waits);
    }
  }

  Queue& queue_of(Urgency urgency) { return queues_[static_cast<std::size_t>(urgency)]; }

  void enqueue(std::uint32_t id, base::WallTime at, Urgency urgency) {
    Name& name = names_[id];
    name.next_attempt = at;
    name.urgency = urgency;
    queue_of(urgency).emplace(at, id);
  }
  void dequeue(std::uint32_t id) {
    queue_of(names_[id].urgency).erase({names_[id].next_attempt, id});
  }

  void advance_to(base::WallTime time) {
    while (day_end() <= time && now_ < end_) {
      days_.back().backlog = waiting_;
      if (day_end() >= end_) break;
      days_.emplace_back();
    }
    now_ = time;
  }
  base::WallTime day_end() const {
    return start + std::chrono::days(static_cast<std::int64_t>(days_.size()));
  }

  /// The earliest of what happens next.
  base::WallTime next_time() {
    base::WallTime next = end_;
    if (!events_.empty()) next = std::min(next, events_.top().at);
    if (in_flight_ >= options_.orders_in_flight) return next;
    for (const Urgency urgency : all_urgencies) {
      const Queue& queue = queue_of(urgency);
      if (queue.empty()) continue;
      next = std::min(next, std::max(queue.begin()->first, opens_at(urgency)));
    }
    return next;
  }

  base::WallTime opens_at(Urgency urgency) const {
    base::WallTime earliest = end_;
    for (const Budgets* budgets : budgets_) {
      earliest = std::min(earliest, budgets->opens_at(urgency, now_));
    }
    return earliest;
  }

  void place_due() {
    while (in_flight_ < options_.orders_in_flight) {
      policy_.names_per_certificate = pack_size(
          options_.packing, first_waiting(), *budgets_[0], now_, policy_.names_per_certificate);
      policy_.backlog = first_waiting();
      policy_.most_orders = options_.orders_in_flight - in_flight_;
      const std::vector<DueHostname> due = find_due();
      if (due.empty()) return;
      const Plan plan = plan_orders(due, policy_, now_);
      ++result_.plans;
      for (Site& site : sites_) site.budgets.apply(plan.charges, now_);
      for (const Postponement& postponed : plan.postponed) postpone(postponed);
      for (const NewOrder& order : plan.orders) place(order);
      if (plan.orders.empty() && plan.postponed.empty()) return;
    }
  }

  std::uint64_t first_waiting() { return queue_of(Urgency::person_waits).size(); }

  std::vector<DueHostname> find_due() {
    const std::size_t slots = options_.orders_in_flight - in_flight_;
    std::vector<DueHostname> due;
    for (const DueQuery& query :
         due_queries(budgets_, slots, policy_.names_per_certificate, now_)) {
      std::size_t left = query.limit;
      for (const auto& [at, id] : queue_of(query.urgency)) {
        if (at > now_ || left == 0) break;
        due.push_back(load(id));
        --left;
      }
    }
    return due;
  }

  DueHostname load(std::uint32_t id) const {
    const Name& name = names_[id];
    DueHostname due{Hostname{.name = name.name, .next_attempt = name.next_attempt}};
    due.hostname.failures = name.failures;
    if (name.certificate == nothing) return due;
    const SimulatedCertificate& known = certificates_[name.certificate];
    due.hostname.certificate = CertificateId(name.certificate + 1);
    Certificate certificate{.id = *due.hostname.certificate,
                            .authority = sites_[known.authority].counts.name};
    certificate.account = account;
    certificate.renew_at = known.renew_at;
    certificate.not_after = known.not_after;
    for (const std::uint32_t other : known.names) certificate.names.push_back(names_[other].name);
    if (options_.has_renewal_info) {
      certificate.cert_id = "c" + std::to_string(name.certificate);
      certificate.advice =
          RenewalAdvice{known.window_start, known.window_end, known.renew_at, std::string()};
    }
    if (known.names.size() > 1) {
      for (const std::uint32_t other : known.names) {
        const Name& sibling = names_[other];
        const bool is_free = !sibling.is_ordered && sibling.failures == 0;
        if (is_free && sibling.certificate == name.certificate)
          due.together.push_back(sibling.name);
      }
    }
    due.certificate = std::move(certificate);
    return due;
  }

  void postpone(const Postponement& postponed) {
    const std::uint32_t id = ids_.at(postponed.name.text());
    const bool is_charged = postponed.wait == Postponement::Wait::new_order_token;
    const Urgency urgency = is_charged ? Urgency::charged_renewal : names_[id].urgency;
    dequeue(id);
    enqueue(id, postponed.next_attempt, urgency);
  }

  void place(const NewOrder& wanted) {
    SimulatedOrder order;
    order.authority = site_of(wanted.authority);
    std::set<std::string> domains;
    for (const base::DomainName& name : wanted.names) {
      const std::uint32_t id = ids_.at(name.text());
      dequeue(id);
      names_[id].is_ordered = true;
      order.names.push_back(id);
      order.request.names.push_back(name.text());
      domains.insert(registered_domain(name));
    }
    std::sort(order.request.names.begin(), order.request.names.end());
    order.request.domains.assign(domains.begin(), domains.end());
    order.exemption = wanted.exemption;
    if (!wanted.replaces.empty()) {
      const SimulatedCertificate& replaced = certificates_[names_[order.names.front()].certificate];
      order.request.window_start = replaced.window_start;
      order.request.window_end = replaced.window_end;
    }
    std::uint32_t slot = 0;
    if (free_orders_.empty()) {
      slot = static_cast<std::uint32_t>(orders_.size());
      orders_.push_back(std::move(order));
    } else {
      slot = free_orders_.back();
      free_orders_.pop_back();
      orders_[slot] = std::move(order);
    }
    ++in_flight_;
    events_.push({now_ + between(20ms, 800ms), slot, Step::arrives});
  }

  void take_event() {
    const Event event = events_.top();
    events_.pop();
    advance_to(std::max(event.at, now_));
    if (event.step == Step::arrives) {
      arrive(event.order);
    } else {
      conclude(event.order);
      free_orders_.push_back(event.order);
      --in_flight_;
    }
  }

  void arrive(std::uint32_t slot) {
    SimulatedOrder& order = orders_[slot];
    Site& site = sites_[order.authority];
    ++result_.orders;
    ++site.counts.orders;
    if (const auto retry_after = site.ca.new_order(order.request, now_)) {
      ++days_.back().refusals;
      change(site, [&](BudgetDraft& draft) { draft.refuse({}, std::nullopt, *retry_after); });
      events_.push({*retry_after, slot, Step::arrives});
      return;
    }
    if (order.exemption == Exemption::none) ++site.tokens_used;
    order.arrival = now_;
    events_.push(
        {now_ + options_.order_time / 2 + between(0ms, options_.order_time), slot, Step::ends});
  }

  void conclude(std::uint32_t slot) {
    const SimulatedOrder order = std::move(orders_[slot]);
    std::vector<std::uint32_t> bad;
    for (const std::uint32_t id : order.names) {
      names_[id].is_ordered = false;
      if (names_[id].is_dead) bad.push_back(id);
    }
    if (bad.empty()) {
      finish_order(order);
    } else {
      fail_order(order, bad);
    }
  }

  void finish_order(const SimulatedOrder& order) {
    sites_[order.authority].ca.issue(order.request, now_);
    ++sites_[order.authority].counts.certificates;
    const bool is_renewal = names_[order.names.front()].certificate != nothing;
    ++(is_renewal ? days_.back().renewals : days_.back().first_certificates);
    const std::uint32_t slot = certificate_slot(order);
    SimulatedCertificate& certificate = certificates_[slot];
    certificate = make_certificate();
    certificate.names = order.names;
    certificate.authority = order.authority;
    for (const std::uint32_t id : order.names) {
      if (names_[id].certificate == nothing) serve_first();
      names_[id].certificate = slot;
      names_[id].failures = 0;
      enqueue(id, certificate.renew_at, Urgency::renewal);
    }
  }

  /// That of the certificate it replaces, if no other name uses it any more.
  std::uint32_t certificate_slot(const SimulatedOrder& order) {
    const std::uint32_t before = names_[order.names.front()].certificate;
    if (before != nothing) {
      for (const std::uint32_t id : order.names) {
        const std::uint32_t old = names_[id].certificate;
        if (old != nothing && certificates_[old].not_after <= now_) ++result_.renewed_late;
      }
      const auto& users = certificates_[before].names;
      const bool is_free = std::all_of(users.begin(), users.end(), [&](std::uint32_t id) {
        const bool is_ours =
            std::find(order.names.begin(), order.names.end(), id) != order.names.end();
        return is_ours || names_[id].certificate != before;
      });
      if (is_free) return before;
    }
    certificates_.emplace_back();
    return static_cast<std::uint32_t>(certificates_.size() - 1);
  }

  SimulatedCertificate make_certificate() {
    SimulatedCertificate certificate;
    const milliseconds life = options_.lifetime;
    certificate.not_after = now_ + life;
    const base::WallTime centre = now_ + (life < 240h ? life / 2 : life * 2 / 3);
    certificate.window_start = centre - life / 100;
    certificate.window_end = centre + life / 100;
    certificate.renew_at = renewal_time(now_, certificate.not_after, unit());
    if (options_.has_renewal_info) {
      certificate.renew_at = certificate.window_start + between(0ms, life / 50);
    }
    return certificate;
  }

  void serve_first() {
    ++result_.served;
    if (--waiting_ > 0) return;
    result_.all_served_after = now_ - start;
    measure_bucket();
  }

  void measure_bucket() {
    if (!options_.limits.new_orders) return;
    const RateLimit& limit = *options_.limits.new_orders;
    const double periods =
        static_cast<double>((now_ - start).count()) / static_cast<double>(limit.period.count());
    result_.bucket_used =
        static_cast<double>(sites_[0].tokens_used) / (limit.count * (1 + periods));
  }

  void fail_order(const SimulatedOrder& order, const std::vector<std::uint32_t>& bad) {
    ++days_.back().failed_orders;
    std::vector<base::DomainName> all;
    for (const std::uint32_t id : order.names) all.push_back(names_[id].name);
    Site& site = sites_[order.authority];
    change(site, [&](BudgetDraft& draft) {
      draft.give_back(all, order.exemption);
      for (const std::uint32_t id : bad) draft.charge_failure(names_[id].name);
    });
    for (const std::uint32_t id : order.names) {
      Name& name = names_[id];
      if (!name.is_dead) {
        enqueue(id, start - 1s, Urgency::person_waits);
        continue;
      }
      site.ca.fail_authorization(name.name.text(), now_);
      const auto at = next_attempt_after_failure(++name.failures, std::nullopt, now_, unit());
      enqueue(id, at, Urgency::retry);
    }
  }

  template <class Change>
  void change(Site& site, const Change& make) {
    BudgetDraft draft(site.budgets, now_);
    make(draft);
    site.budgets.apply(draft.entries(), now_);
  }

  SimulationResult finish() {
    now_ = end_;
    days_.back().backlog = waiting_;
    if (!result_.all_served_after) measure_bucket();
    result_.names = options_.names;
    result_.days = std::move(days_);
    for (Site& site : sites_) {
      site.counts.refusals = site.ca.refusals();
      site.counts.charged_orders = site.ca.charged_orders();
      result_.refusals += site.counts.refusals;
      result_.charged_orders += site.counts.charged_orders;
      result_.authorities.push_back(site.counts);
    }
    return std::move(result_);
  }

  double unit() { return std::uniform_real_distribution<double>(0, 1)(engine_); }
  milliseconds between(milliseconds low, milliseconds high) {
    return low + milliseconds(
                     static_cast<std::int64_t>(unit() * static_cast<double>((high - low).count())));
  }

  const SimulationOptions& options_;
  const base::WallTime end_;
  std::vector<Site> sites_;  ///< in the order of fail-over
  std::vector<const Budgets*> budgets_;
  Policy policy_;
  std::mt19937_64 engine_;
  base::WallTime now_ = start;
  std::vector<Name> names_;
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::vector<SimulatedCertificate> certificates_;
  std::vector<SimulatedOrder> orders_;
  std::vector<std::uint32_t> free_orders_;
  std::array<Queue, all_urgencies.size()> queues_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::size_t in_flight_ = 0;
  std::uint64_t waiting_ = 0;  ///< names that work and have no certificate
  std::vector<SimulatedDay> days_{1};
  SimulationResult result_;
};

}  // namespace

SimulationResult simulate(const SimulationOptions& options) {
  return Simulation(options).run();
}

}  // namespace agent
