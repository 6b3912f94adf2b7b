#include "agent/log.h"

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace agent {
namespace {

spdlog::level::level_enum to_spdlog(base::LogLevel level) {
  switch (level) {
    case base::LogLevel::debug: return spdlog::level::debug;
    case base::LogLevel::info: return spdlog::level::info;
    case base::LogLevel::warn: return spdlog::level::warn;
    case base::LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view to_string(base::LogLevel level) {
  switch (level) {
    case base::LogLevel::debug: return "debug";
    case base::LogLevel::info: return "info";
    case base::LogLevel::warn: return "warn";
    case base::LogLevel::error: return "error";
  }
  return "error";
}

std::string format_line(base::LogLevel level,
                        std::string_view message,
                        std::initializer_list<base::LogField> fields) {
  return "level=" + std::string(to_string(level)) + " " + base::format_logfmt(message, fields);
}

/// Without the opening brace: the pattern has begun the object with the time.
std::string format_json(base::LogLevel level,
                        std::string_view message,
                        std::initializer_list<base::LogField> fields) {
  nlohmann::ordered_json object;
  object["level"] = to_string(level);
  object["msg"] = message;
  for (const base::LogField& field : fields) object[std::string(field.key)] = field.value;
  // A peer's bytes need not be UTF-8; JSON's text must be.
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(1);
}

constexpr const char* logfmt_pattern = "ts=%Y-%m-%dT%H:%M:%S.%eZ %v";
constexpr const char* json_pattern = R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ",%v)";

}  // namespace

DaemonLog::DaemonLog(base::LogLevel level, LogFormat format)
    : format_(format),
      logger_(std::make_shared<spdlog::logger>("acme-spoa",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_pattern(format == LogFormat::json ? json_pattern : logfmt_pattern,
                       spdlog::pattern_time_type::utc);
  set_level(level);
}

DaemonLog::~DaemonLog() = default;

void DaemonLog::write(base::LogLevel level,
                      std::string_view message,
                      std::initializer_list<base::LogField> fields) {
  const auto severity = to_spdlog(level);
  if (!logger_->should_log(severity)) return;
  logger_->log(severity,
               format_ == LogFormat::json ? format_json(level, message, fields)
                                          : format_line(level, message, fields));
}

void DaemonLog::set_level(base::LogLevel level) {
  logger_->set_level(to_spdlog(level));
}

}  // namespace agent
