import { yaml } from "./yaml-text.js";

/** Of an HttpConnectionManager: what one connection of a stranger may cost. */
export const protection = yaml`
  # A client that sends its headers slowly keeps a connection, not more.
  request_headers_timeout: 10s
  # Header size and count of a request; more is answered with 431.
  max_request_headers_kb: 60
  common_http_protocol_options:
    max_headers_count: 100
    # A connection that nobody uses.
    idle_timeout: 900s
  http2_protocol_options:
    # Calls at once on one connection, and the bytes that they may leave unread in our buffers.
    max_concurrent_streams: 100
    initial_stream_window_size: 1048576
    initial_connection_window_size: 4194304
    # Floods of cheap frames end the connection: Envoy's defaults, written out because the limits of a public
    # gateway should not change unseen.
    max_outbound_frames: 10000
    max_outbound_control_frames: 1000
    max_consecutive_inbound_frames_with_empty_payload: 1
    max_inbound_priority_frames_per_stream: 100
    max_inbound_window_update_frames_per_data_frame_sent: 10
`;
