// A small HTTP server: answers every request of its kept connections with the same 200, from one
// epoll loop. It is what proxying is measured against, so it does as little as HTTP allows.
//
//   bench_http_server --listen ADDRESS [--cpu N]
//
// Prints "ready" and the address.

#include <string>
#include <string_view>

#include "bench/spop/epoll_server.h"
#include "bench/spop/population.h"

namespace {

constexpr std::string_view end_of_request = "\r\n\r\n";  // requests have no body

class ConstantResponse {
 public:
  ConstantResponse() {
    const std::string body = bench::key_authorization(0);
    response_ = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  std::size_t answer(std::span<const std::byte> input) {
    const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
    std::size_t answered = 0;
    for (std::size_t end = text.find(end_of_request); end != std::string_view::npos;
         end = text.find(end_of_request, answered)) {
      output_ += response_;
      answered = end + end_of_request.size();
    }
    return answered;
  }
  std::span<const std::byte> output() const { return std::as_bytes(std::span(output_)); }
  void clear() { output_.clear(); }

 private:
  std::string response_;
  std::string output_;
};

}  // namespace

int main(int argc, char** argv) {
  ConstantResponse response;
  bench::serve(argc, argv, response);
}
