// An authority that replies anything to anything: an order asks a bounded number of things before
// it waits for long or ends, its record does not grow without bound, and in the end nothing stays
// up.

#include <cstdint>
#include <string>
#include <string_view>

#include "acme/order_machine.h"
#include "tests/fuzz/check.h"

namespace {

/// Cuts replies off the input: a byte chooses the kind, a zero byte ends the body.
class Replies {
 public:
  Replies(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  bool is_empty() const { return rest_.empty(); }

  acme::Outcome next(const acme::Post& post) {
    const auto kind = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (kind < 100) {
      return acme::Error{.code = static_cast<acme::Errc>(kind % 29 + 1),
                         .context = {},
                         .detail = {},
                         .http_status = kind % 2 == 0 ? 404 : 403};
    }
    const acme::Url* target = std::get_if<acme::Url>(&post.target);
    const std::size_t end = std::min(rest_.find('\0'), rest_.size());
    acme::Response reply{
        target == nullptr ? *acme::Url::parse("https://ca.example/new-order") : *target,
        {200, {{"location", "/order/1"}}, std::string(rest_.substr(0, end))}};
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return reply;
  }

 private:
  std::string_view rest_;
};

struct World {
  acme::OrderState state;
  base::WallTime now{std::chrono::hours(500000)};
  int answers_up = 0;
};

/// The outcome of an action that needs no authority; Started after a suspension.
acme::Outcome outcome_of(World& world, const acme::Action& action) {
  if (std::holds_alternative<acme::GenerateKey>(action)) {
    return acme::KeyGenerated{{"pem", "csr"}};
  }
  if (const auto* present = std::get_if<acme::Present>(&action)) {
    FUZZ_CHECK(!present->answers.empty());
    ++world.answers_up;
    return acme::Presented{};
  }
  if (std::holds_alternative<acme::CleanUp>(action)) {
    world.answers_up = 0;
    return acme::CleanedUp{};
  }
  if (const auto* wait = std::get_if<acme::Wait>(&action)) {
    FUZZ_CHECK(wait->until > world.now);
    world.now = wait->until;
    return acme::Elapsed{};
  }
  world.now = std::get<acme::Suspend>(action).until;
  world.state = acme::OrderState{world.state.record};
  return acme::Started{};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  world.state.record.identifiers.emplace_back(base::DomainName::parse("a.example").value());
  world.state.record.replaces = acme::CertId("aYhb.f2U");
  Replies replies(data, size);
  acme::Outcome outcome = acme::Started{};
  while (true) {
    const acme::Action action = acme::resume(world.state, outcome, world.now);
    FUZZ_CHECK(world.state.record.challenges.size() <= 400);
    FUZZ_CHECK(world.state.record.orders_placed <= 2);
    const bool is_over =
        std::holds_alternative<acme::Done>(action) || std::holds_alternative<acme::Failed>(action);
    if (is_over) {
      FUZZ_CHECK(world.answers_up == 0 && world.state.record.challenges.empty());
      return 0;
    }
    const auto* post = std::get_if<acme::Post>(&action);
    if (post != nullptr && replies.is_empty()) return 0;
    outcome = post != nullptr ? replies.next(*post) : outcome_of(world, action);
  }
}
