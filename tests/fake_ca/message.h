#pragma once

#include <string>
#include <utility>
#include <vector>

namespace fake_ca {

enum class Method { get, head, post, other };

struct Header {
  std::string name;
  std::string value;
};

/// What arrived over HTTP, as far as an ACME authority looks at it.
struct Request {
  Method method = Method::get;
  std::string origin = {};  ///< `https://127.0.0.1:14000`: scheme and Host as the client has them
  std::string path = {};    ///< with its leading slash, without query
  std::string content_type = {};  ///< empty: no such header
  std::string user_agent = {};    ///< empty: no such header
  std::string body = {};
  std::string remote = "127.0.0.1";  ///< the client's address, a key of limits
};

struct Reply {
  int status = 200;
  std::vector<Header> headers;
  std::string body;
};

}  // namespace fake_ca
