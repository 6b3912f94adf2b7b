#include "acme/order_machine.h"

#include <stdexcept>
#include <string_view>

#include "acme/certificate.h"
#include "acme/order_run.h"

namespace acme {
namespace {

std::string_view name_of(OrderStep step) {
  switch (step) {
    case OrderStep::start:
    case OrderStep::suspended: return "start";
    case OrderStep::make_key: return "key";
    case OrderStep::place_order: return "place";
    case OrderStep::read_order: return "read";
    case OrderStep::read_authorization:
    case OrderStep::find_failure: return "authorization";
    case OrderStep::present: return "present";
    case OrderStep::respond: return "challenge";
    case OrderStep::poll: return "poll";
    case OrderStep::finalize: return "finalize";
    case OrderStep::download: return "certificate";
    case OrderStep::clean_up: return "clean up";
    case OrderStep::done: return "done";
    case OrderStep::failed: return "failed";
  }
  return {};
}

template <class T>
const T& expect(const Outcome& outcome) {
  const T* expected = std::get_if<T>(&outcome);
  if (expected == nullptr) throw std::logic_error("an outcome that answers no action of an order");
  return *expected;
}

}  // namespace

Action OrderRun::resume(const Outcome& outcome) {
  if (std::holds_alternative<Started>(outcome)) {
    progress_ = {};
    return go_on();
  }
  if (const Error* error = std::get_if<Error>(&outcome)) return on_error(*error);
  switch (progress_.step) {
    case OrderStep::make_key: return on_key(expect<KeyGenerated>(outcome));
    case OrderStep::place_order: return on_placed(expect<Response>(outcome));
    case OrderStep::read_order: return on_order(expect<Response>(outcome));
    case OrderStep::read_authorization: return on_authorization(expect<Response>(outcome));
    case OrderStep::present: expect<Presented>(outcome); return on_presented();
    case OrderStep::respond: return on_responded(expect<Response>(outcome));
    case OrderStep::poll: expect<Elapsed>(outcome); return read_order();
    case OrderStep::finalize: return on_finalized(expect<Response>(outcome));
    case OrderStep::download: return on_chain(expect<Response>(outcome));
    case OrderStep::find_failure: return on_failed_authorization(expect<Response>(outcome));
    case OrderStep::clean_up: expect<CleanedUp>(outcome); return on_cleaned_up();
    case OrderStep::start:
    case OrderStep::suspended:
    case OrderStep::done:
    case OrderStep::failed: break;
  }
  throw std::logic_error("an outcome for an order that waits for none");
}

Action OrderRun::go_on() {
  const bool is_over = record_.failure || !record_.certificate_chain_pem.empty();
  const bool is_lost = !record_.order_url;
  if (!record_.challenges.empty() && (is_over || is_lost)) return clean_up();
  if (is_over) return conclude();
  if (record_.private_key_pem.empty()) return make_key();
  if (!record_.order_url) return place_order();
  // The authority may be looking for the answers right now.
  return record_.challenges.empty() ? read_order() : present(record_.challenges);
}

Action OrderRun::fail(Error error) {
  record_.failure = std::move(error);
  return go_on();
}

Action OrderRun::clean_up() {
  progress_.step = OrderStep::clean_up;
  return CleanUp{answers_to(record_.challenges, record_.thumbprint)};
}

Action OrderRun::on_cleaned_up() {
  record_.challenges.clear();
  return go_on();
}

Action OrderRun::conclude() {
  if (record_.failure) {
    progress_.step = OrderStep::failed;
    return Failed{*record_.failure};
  }
  const auto chain = parse_chain(record_.certificate_chain_pem);
  if (!chain) return fail(with_context(order_context(), chain.error()));
  progress_.step = OrderStep::done;
  return Done{chain->front()};
}

std::string OrderRun::order_context() const {
  if (record_.order_url) return "order " + record_.order_url->text();
  const std::size_t others = record_.identifiers.size() - 1;
  return "new order for " + record_.identifiers.front().value() +
         (others == 0 ? "" : " and " + std::to_string(others) + " more");
}

std::string OrderRun::step_context() const {
  if (progress_.step == OrderStep::place_order && !record_.order_url) return order_context();
  return order_context() + ": " + std::string(name_of(progress_.step));
}

Action resume(OrderState& state, const Outcome& outcome, base::WallTime now) {
  return OrderRun(state, now).resume(outcome);
}

}  // namespace acme
