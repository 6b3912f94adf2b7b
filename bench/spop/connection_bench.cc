// What a frame costs without a socket: the connection machine alone, with an answer that does
// nothing and with the product's answers, in nanoseconds of CPU a frame; the least of many rounds.
//
//   bench_spop_connection [--system-calls N] [--hostnames N] [--tokens N]
//
// After a system call the processor has forgotten addresses and code: N of them before each read,
// whose own time is taken off, show what that costs.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "agent/lookup/spop_answers.h"
#include "bench/spop/arguments.h"
#include "bench/spop/population.h"
#include "bench/spop/questions.h"
#include "spop/connection.h"
#include "spop/hello.h"

namespace {

using namespace std::chrono_literals;

class ConstantHandler final : public spop::Handler {
 public:
  void answer(const spop::NotifyView&, spop::ActionWriter& actions, spop::Deferral&) override {
    actions.set_var(spop::Scope::transaction, "found", true);
  }
};

class NoTickets final : public spop::TicketSink {
 public:
  void complete(spop::TicketId, std::span<const std::byte>) override {}
};

double cpu_nanoseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

void call_system(std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) ::syscall(SYS_getppid);
}

/// A connection that is given whole reads.
class Shell {
 public:
  explicit Shell(spop::Handler& handler)
      : environment_{options_, handler, counters_, std::make_shared<NoTickets>(), {}, 0},
        connection_(environment_, 0, {}) {
    spop::ByteBuffer hello;
    spop::encode_haproxy_hello({"2.0", 16'380, "pipelining", "bench", false}, hello);
    give(hello.bytes());
  }

  void give(std::span<const std::byte> input) {
    while (!input.empty()) {
      const auto space = connection_.prepare();
      const std::size_t n = std::min(space.size(), input.size());
      std::memcpy(space.data(), input.data(), n);
      connection_.on_received(n, {});
      while (!connection_.output().empty()) {
        connection_.on_written(connection_.output().size(), {});
      }
      input = input.subspan(n);
    }
  }

 private:
  spop::ConnectionOptions options_;
  spop::Counters counters_;
  spop::ConnectionEnvironment environment_;
  spop::Connection connection_;
};

/// The least nanoseconds a frame over all rounds of `batch` frames a read, with so many system
/// calls before each.
double measure(spop::Handler& handler,
               const bench::Questions& questions,
               std::size_t batch,
               std::size_t system_calls) {
  constexpr std::size_t frames_a_round = 2'048;
  Shell shell(handler);
  std::size_t question = 0;
  double least = std::numeric_limits<double>::max();
  double least_of_calls = least;
  for (int round = 0; round < 400; ++round) {
    std::vector<spop::ByteBuffer> reads(frames_a_round / batch);
    for (spop::ByteBuffer& read : reads) {
      for (std::size_t i = 0; i < batch; ++i) {
        spop::FrameWriter frame(read, spop::FrameType::notify, spop::StreamId(i), spop::FrameId(1));
        read.append(questions.question(question++ % questions.count()));
        frame.finish();
      }
    }
    const double begin = cpu_nanoseconds();
    for (const spop::ByteBuffer& read : reads) {
      call_system(system_calls);
      shell.give(read.bytes());
    }
    const double middle = cpu_nanoseconds();
    for (std::size_t i = 0; i < reads.size(); ++i) call_system(system_calls);
    least = std::min(least, (middle - begin) / frames_a_round);
    least_of_calls = std::min(least_of_calls, (cpu_nanoseconds() - middle) / frames_a_round);
  }
  return least - least_of_calls;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  const std::size_t hostnames = arguments.number("hostnames", 1'000'000);
  const std::size_t system_calls = arguments.number("system-calls", 0);
  const std::size_t tokens = arguments.number("tokens", 100'000);
  const bench::Questions questions(hostnames, tokens, bench::Answers::lookup);

  base::SystemRandom random;
  base::SystemClock clock;
  agent::Lookup lookup(random);
  const agent::HostnameState state{.https_redirect = agent::HttpsRedirect::on,
                                   .served_until = clock.wall() + 24h * 90};
  for (std::size_t i = 0; i < hostnames; ++i) lookup.put(bench::hostname(i), state);
  for (std::size_t i = 0; i < tokens; ++i) {
    if (!lookup.publish_challenge(bench::token(i), bench::key_authorization(i))) std::abort();
  }
  agent::SpopAnswers answers(lookup, clock);
  ConstantHandler constant;

  std::puts(
      "| frames a read | constant answer, ns a frame | product's answers, ns a frame "
      "|\n|---|---|---|");
  for (const std::size_t batch : {1U, 4U, 16U, 64U}) {
    std::printf("| %zu | %.1f | %.1f |\n",
                batch,
                measure(constant, questions, batch, system_calls),
                measure(answers, questions, batch, system_calls));
  }
}
