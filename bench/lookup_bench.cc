// What a look-up costs with 1,000,000 hostnames and 100,000 tokens: nanoseconds for each step of
// the answers' path, alone and in batches as the workers have them, with and without a writer
// beside. An argument selects: only what contains it is measured.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <time.h>
#include <unistd.h>
#include <vector>

#include "agent/lookup/lookup.h"
#include "agent/lookup/normalise.h"
#include "agent/lookup/spop_answers.h"
#include "base/clock.h"
#include "base/random.h"
#include "spop/action_writer.h"
#include "spop/byte_buffer.h"

namespace {

/// This thread's CPU time: other work on the machine disturbs less.
struct Clock {
  using time_point = std::chrono::nanoseconds;
  static time_point now() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

using spop::ArgumentView;
using spop::MessageView;
using spop::NotifyView;
using spop::TypedData;

constexpr std::size_t hostname_count = 1'000'000;
constexpr std::size_t token_count = 100'000;
constexpr std::size_t asked_count = std::size_t{1} << 17;
constexpr std::size_t batch_size = 64;

/// What is asked for, side by side as in a read buffer, so that fetching it costs next to nothing.
class Texts {
 public:
  explicit Texts(std::size_t bytes) { bytes_.reserve(bytes); }
  void add(const std::string& text) {  // REQUIRES: it fits
    views_.emplace_back(bytes_.data() + bytes_.size(), text.size());
    bytes_ += text;
  }
  std::size_t size() const { return views_.size(); }
  std::string_view operator[](std::size_t i) const { return views_[i]; }
  auto begin() const { return views_.begin(); }
  auto end() const { return views_.end(); }

 private:
  std::string bytes_;
  std::vector<std::string_view> views_;
};

std::uint64_t sink = 0;  // keeps the compiler from dropping what is measured

double ns_each(Clock::time_point begin, std::size_t count) {
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count() /
         static_cast<double>(count);
}

constexpr int runs = 7;
std::string_view filter;  // the command line's argument

/// The best of some runs of f over all that is asked.
template <class F>
void report(std::string_view what, const Texts& asked, F f) {
  if (what.find(filter) == std::string_view::npos) return;
  double best = 1e9;
  for (int run = 0; run < runs; ++run) {
    const auto begin = Clock::now();
    f(asked);
    best = std::min(best, ns_each(begin, asked.size()));
  }
  std::printf("%-58.*s %8.1f ns\n", static_cast<int>(what.size()), what.data(), best);
}

template <class F>
auto each(F f) {
  return [f](const Texts& asked) {
    for (const std::string_view text : asked) f(text);
  };
}

std::string hostname(std::size_t i) {
  std::string name = "customer-";
  name += std::to_string(i * 7919 % 10'000'019);
  name += i % 3 == 0 ? ".example" : i % 3 == 1 ? ".shop.example" : ".www.hosting.example";
  return name;
}

std::string token(std::size_t i) {
  static constexpr char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::mt19937_64 random(i);
  std::string text;
  for (int n = 0; n < 43; ++n) text += alphabet[random() % 64];
  return text;
}

class NoDeferral final : public spop::Deferral {
 public:
  std::optional<spop::Ticket> defer() override { return std::nullopt; }
};

/// NOTIFYs of one message as a connection decodes them, `batch` at a time.
void answer_all(spop::Handler& handler,
                std::string_view message_name,
                std::string_view argument_name,
                const Texts& asked,
                std::size_t batch) {
  spop::ByteBuffer output;
  NoDeferral deferral;
  std::vector<ArgumentView> arguments(batch);
  std::vector<MessageView> messages(batch);
  std::vector<NotifyView> notifies;
  for (std::size_t i = 0; i + batch <= asked.size(); i += batch) {
    notifies.clear();
    for (std::size_t n = 0; n < batch; ++n) {
      arguments[n] = {argument_name, TypedData::string(asked[i + n])};
      messages[n] = {message_name, std::span(&arguments[n], 1)};
      notifies.push_back({spop::StreamId(n), spop::FrameId(1), std::span(&messages[n], 1)});
    }
    handler.prefetch(notifies);
    for (const NotifyView& notify : notifies) {
      spop::ActionWriter actions(output);
      handler.answer(notify, actions, deferral);
    }
    sink += output.size();
    output.clear();
  }
}

void fill(agent::Lookup& lookup) {
  const agent::HostnameState ready{
      .https_redirect = agent::HttpsRedirect::on,
      .served_until = base::SystemClock().wall() + std::chrono::hours(24)};
  auto begin = Clock::now();
  for (std::size_t i = 0; i < hostname_count; ++i) lookup.put(hostname(i), ready);
  std::printf(
      "%-58s %8.1f ns\n", "put, while growing to 1,000,000", ns_each(begin, hostname_count));
  begin = Clock::now();
  const std::string thumbprint(43, 'T');
  for (std::size_t i = 0; i < token_count; ++i) {
    const std::string text = token(i);
    if (!lookup.publish_challenge(text, text + "." + thumbprint)) std::abort();
  }
  std::printf("%-58s %8.1f ns\n", "publish (with making the token)", ns_each(begin, token_count));
  const agent::LookupSizes sizes = lookup.sizes();
  std::printf("%-58s %8.1f bytes\n",
              "memory a hostname",
              static_cast<double>(lookup.hostnames().entries().memory_bytes()) /
                  static_cast<double>(sizes.hostnames));
  std::printf("%-58s %8.1f bytes\n",
              "memory a token",
              static_cast<double>(lookup.tokens().entries().memory_bytes()) /
                  static_cast<double>(sizes.tokens));
}

void measure_steps(const agent::Lookup& lookup, const Texts& names) {
  const agent::HostnameIndex& index = lookup.hostnames();
  const base::WallTime now = base::SystemClock().wall();
  report("normalise", names, each([](std::string_view text) {
           agent::HostnameBuffer buffer;
           sink += agent::normalise(text, buffer)->size();
         }));
  report("hash", names, each([&](std::string_view text) { sink += index.hash(text).high; }));
  report("hash + find", names, each([&](std::string_view text) {
           sink += index.find_own(index.hash(text), now).has_value();
         }));
  report("hash + find, prefetched in batches of 64", names, [&](const Texts& asked) {
    std::array<agent::Hash128, batch_size> hashes;
    for (std::size_t i = 0; i + batch_size <= asked.size(); i += batch_size) {
      for (std::size_t n = 0; n < batch_size; ++n) {
        hashes[n] = index.hash(asked[i + n]);
        index.prefetch(hashes[n]);
      }
      for (const auto& hash : hashes) sink += index.find_own(hash, now).has_value();
    }
  });
}

void measure_answers(spop::Handler& answers,
                     const char* suffix,
                     const Texts& names,
                     const Texts& unknown_names,
                     const Texts& paths) {
  const auto run =
      [&](const char* what, const char* message, const char* argument, const Texts& asked) {
        for (const std::size_t batch : {std::size_t{1}, std::size_t{16}, batch_size}) {
          const std::string label =
              std::string(what) + ", " + std::to_string(batch) + " at a time" + suffix;
          report(label, asked, [&](const Texts& all) {
            answer_all(answers, message, argument, all, batch);
          });
        }
      };
  run("tls-status, known", "tls-status", "host", names);
  run("tls-status, unknown", "tls-status", "host", unknown_names);
  run("acme-challenge, ours", "acme-challenge", "path", paths);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) filter = argv[1];
  base::SystemRandom random;
  const base::SystemClock clock;
  agent::Lookup lookup(random);
  fill(lookup);

  std::mt19937_64 choose(1);
  Texts names(asked_count * 64);
  Texts unknown_names(asked_count * 64);
  Texts paths(asked_count * 128);
  for (std::size_t i = 0; i < asked_count; ++i) {
    names.add(hostname(choose() % hostname_count));
    unknown_names.add("un" + hostname(choose() % hostname_count));
    paths.add("/.well-known/acme-challenge/" + token(choose() % token_count));
  }
  measure_steps(lookup, names);
  agent::SpopAnswers answers(lookup, clock);
  measure_answers(answers, "", names, unknown_names, paths);

  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::size_t i = 0; !done; ++i) {
      lookup.put(hostname(hostname_count + i), {});
      lookup.remove(hostname(hostname_count + i));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  measure_answers(answers, ", 2,000 writes/s", names, unknown_names, paths);
  done = true;
  writer.join();

  const std::string path =
      std::filesystem::temp_directory_path() / ("lookup_bench." + std::to_string(::getpid()));
  const auto wall_ms = [](std::chrono::steady_clock::time_point since) {
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - since;
    return took.count();
  };
  auto begin = std::chrono::steady_clock::now();
  const auto saved = lookup.save(path);
  if (!saved) return 1;
  std::printf("%-58s %8.1f ms, %zu bytes\n", "save (wall)", wall_ms(begin), saved->bytes);
  agent::Lookup restarted(random);
  begin = std::chrono::steady_clock::now();
  const auto loaded = restarted.load(path);
  if (!loaded) return 1;
  std::printf("%-58s %8.1f ms, %zu hostnames, %zu tokens\n",
              "load (wall)",
              wall_ms(begin),
              loaded->hostnames,
              loaded->tokens);
  std::remove(path.c_str());
  return sink == 0 ? 1 : 0;
}
