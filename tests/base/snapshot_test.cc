#include "base/snapshot.h"

#include <thread>

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Snapshot, ReadersSeeWhatWasPublished) {
  Snapshot<int> snapshot(std::make_shared<int>(1));
  Snapshot<int>::Reader reader(snapshot);
  EXPECT_EQ(reader.get(), 1);
  snapshot.publish(std::make_shared<int>(2));
  EXPECT_EQ(reader.get(), 2);
}

TEST(Snapshot, NeverShowsAnOlderValueAfterANewerOne) {
  Snapshot<int> snapshot(std::make_shared<int>(0));
  std::thread writer([&snapshot] {
    for (int i = 1; i <= 1000; ++i) snapshot.publish(std::make_shared<int>(i));
  });
  Snapshot<int>::Reader reader(snapshot);
  int last = 0;
  for (int i = 0; i < 1000; ++i) {
    const int now = reader.get();
    EXPECT_GE(now, last);
    last = now;
  }
  writer.join();
  EXPECT_EQ(reader.get(), 1000);
}

}  // namespace
}  // namespace base
