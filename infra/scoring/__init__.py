"""Scoring of any data set: rows read by sample, pictures shown to a judge, answers kept so that none is paid twice."""
