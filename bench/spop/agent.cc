// The agent under test: our server with the product's answers, filled with made-up hostnames and
// tokens.
//
//   bench_spop_agent --listen ADDRESS [--hostnames N] [--tokens N] [--workers N] [--cpu N]
//                    [--updates A_SECOND] [--update-cpu N] [--snapshot FILE]
//
// With a snapshot file that exists it starts from that, otherwise it fills itself and saves one.
// Prints "ready" and the address.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <signal.h>
#include <thread>

#include "agent/lookup/spop_answers.h"
#include "bench/spop/arguments.h"
#include "bench/spop/blocking_socket.h"
#include "bench/spop/population.h"
#include "spop/asio/server.h"

namespace {

using namespace std::chrono_literals;

agent::HostnameState ready() {
  return {.https_redirect = agent::HttpsRedirect::on,
          .served_until = base::SystemClock().wall() + 24h * 90};
}

void publish(agent::Lookup& lookup, std::size_t token) {
  if (!lookup.publish_challenge(bench::token(token), bench::key_authorization(token))) std::abort();
}

void fill(agent::Lookup& lookup, std::size_t hostnames, std::size_t tokens) {
  const agent::HostnameState state = ready();
  for (std::size_t i = 0; i < hostnames; ++i) lookup.put(bench::hostname(i), state);
  for (std::size_t i = 0; i < tokens; ++i) publish(lookup, i);
}

void load_or_fill(agent::Lookup& lookup, const bench::Arguments& arguments) {
  const std::string snapshot = arguments.text("snapshot", "");
  if (!snapshot.empty() && std::filesystem::exists(snapshot)) {
    if (!lookup.load(snapshot)) std::abort();
    return;
  }
  fill(lookup, arguments.number("hostnames", 1'000'000), arguments.number("tokens", 100'000));
  if (!snapshot.empty() && !lookup.save(snapshot)) std::abort();
}

/// Comes and goes beside what the load asks for: a hostname added, a token published, the hostname
/// removed, the token withdrawn; for ever.
void keep_updating(agent::Lookup& lookup, std::size_t first, std::size_t a_second) {
  constexpr auto tick = 10ms;
  const std::size_t a_tick = a_second / 100;
  const agent::HostnameState state = ready();
  auto next = std::chrono::steady_clock::now();
  for (std::size_t n = 0;; next += tick, std::this_thread::sleep_until(next)) {
    for (std::size_t k = 0; k < a_tick; ++k, ++n) {
      const std::size_t i = first + n / 4 % 1'000;
      switch (n % 4) {
        case 0: lookup.put(bench::hostname(i), state); break;
        case 1: publish(lookup, i); break;
        case 2: lookup.remove(bench::hostname(i)); break;
        case 3: lookup.withdraw_challenge(bench::token(i)); break;
      }
    }
  }
}

class StandardErrorLog final : public base::Log {
 public:
  void write(base::LogLevel,
             std::string_view message,
             std::initializer_list<base::LogField> fields) override {
    std::fprintf(stderr, "%s\n", base::format_logfmt(message, fields).c_str());
  }
};

int wait_for_signal(const sigset_t& signals) {
  int received = 0;
  sigwait(&signals, &received);
  return received;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  base::SystemRandom random;
  base::SystemClock clock;
  StandardErrorLog log;
  agent::Lookup lookup(random);
  load_or_fill(lookup, arguments);
  agent::SpopAnswers answers(lookup, clock);

  const std::size_t cpu = arguments.number("cpu", 0);
  bench::pin_to_cpu(cpu);
  spop::ServerOptions options;
  options.workers = arguments.number("workers", 1);
  spop::Server server(options, answers, log);
  const auto bound = server.listen(bench::endpoint_of(arguments.text("listen")));
  if (!bound) std::abort();
  server.start();

  const std::size_t updates = arguments.number("updates", 0);
  std::thread updater;
  if (updates > 0) {
    updater = std::thread([&] {
      bench::pin_to_cpu(arguments.number("update-cpu", cpu));
      keep_updating(lookup, arguments.number("hostnames", 1'000'000), updates);
    });
  }
  std::printf("ready %s\n", base::to_string(*bound).c_str());
  std::fflush(stdout);
  wait_for_signal(signals);
  server.stop(1s);
  server.wait();
  if (updater.joinable()) std::_Exit(0);  // it never ends
}
