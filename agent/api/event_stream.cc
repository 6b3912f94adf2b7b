#include "agent/api/event_stream.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/json_text.h"
#include "agent/api/views.h"

namespace agent {
namespace {

constexpr std::size_t page = 100;

}  // namespace

std::string to_stream_text(const Event& event) {
  return "id: " + std::to_string(event.sequence) +
         "\nevent: " + std::string(to_string(event.kind)) + "\ndata: " + to_text(to_json(event)) +
         "\n";
}

base::asio::awaitable<std::string> EventStream::next() {
  const EventQuery query{.after = after_, .subject = subject_, .limit = page};
  auto call = [query](Store& store) { return store.events(query); };
  const auto events = co_await store_.run(std::move(call));
  std::string text;
  if (events) {
    for (const Event& event : *events) {
      text += to_stream_text(event);
      after_ = event.sequence;
    }
  }
  if (!text.empty()) {
    silent_ = std::chrono::milliseconds(0);
    co_return text;
  }
  base::asio::steady_timer timer(co_await base::asio::this_coro::executor, interval);
  boost::system::error_code ignored;  // nobody cancels it
  co_await timer.async_wait(base::into(ignored));
  silent_ += interval;
  if (silent_ < silence) co_return std::string();
  silent_ = std::chrono::milliseconds(0);
  co_return ":\n\n";
}

}  // namespace agent
