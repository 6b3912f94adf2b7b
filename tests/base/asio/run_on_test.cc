#include "base/run_on.h"

#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/result.h"

namespace base {
namespace {

struct Observed {
  std::string value;
  std::thread::id worked_on;
  std::thread::id resumed_on;
};

asio::awaitable<void> call(asio::thread_pool& pool, Observed& observed) {
  auto owned = std::make_unique<std::string>("moved in");
  auto work = [&observed, text = std::move(owned)]() -> Result<std::string> {
    observed.worked_on = std::this_thread::get_id();
    return *text;
  };
  Result<std::string> result = co_await run_on(pool, std::move(work));
  observed.value = *result;
  observed.resumed_on = std::this_thread::get_id();
}

TEST(RunOn, RunsOnThePoolAndResumesOnTheCallersThread) {
  asio::io_context context{1};
  asio::thread_pool pool(1);  // ends first: its thread may still be posting to the context
  NullLog log;
  Observed observed;
  asio::co_spawn(context, call(pool, observed), log_failure(log, "test"));
  context.run();
  EXPECT_EQ(observed.value, "moved in");
  EXPECT_EQ(observed.resumed_on, std::this_thread::get_id());
  EXPECT_NE(observed.worked_on, std::this_thread::get_id());
}

}  // namespace
}  // namespace base
