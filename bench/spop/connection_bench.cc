// What a frame costs without a socket: the connection machine alone, with an answer that does
// nothing and with the product's answers, in nanoseconds of CPU a frame; the least of many rounds.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <time.h>

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

/// The least nanoseconds a frame over all rounds of `batch` frames a read.
double measure(spop::Handler& handler, const bench::Questions& questions, std::size_t batch) {
  constexpr std::size_t frames_a_round = 2'048;
  Shell shell(handler);
  std::size_t question = 0;
  double least = std::numeric_limits<double>::max();
  for (int round = 0; round < 400; ++round) {
    std::vector<spop::ByteBuffer> reads(frames_a_round / batch);
    for (spop::ByteBuffer& read : reads) {
      for (std::size_t i = 0; i < batch; ++i) {
        spop::FrameWriter frame(read, spop::FrameType::notify, spop::StreamId(i), spop::FrameId(1));
        read.append(questions.question(question++ % questions.count()));
        frame.finish();
      }
    }
    const double before = cpu_nanoseconds();
    for (const spop::ByteBuffer& read : reads) shell.give(read.bytes());
    least = std::min(least, (cpu_nanoseconds() - before) / frames_a_round);
  }
  return least;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  const std::size_t hostnames = arguments.number("hostnames", 1'000'000);
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
                measure(constant, questions, batch),
                measure(answers, questions, batch));
  }
}
