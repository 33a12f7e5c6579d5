"""NHR as many processes over Kafka and S3: one role each, and who watches over them."""
